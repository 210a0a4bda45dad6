"""Versions on their way: ETag out, If-Match in."""

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from apps.common.rest.problems import InvalidRequest
from apps.common.rest.versions import VersionRequired, read_version, versioned


def request(tag: str | None) -> Request:
    return Request(APIRequestFactory().patch("/", headers={} if tag is None else {"If-Match": tag}))


def test_the_version_that_went_out_comes_back() -> None:
    answer = versioned({"name": "R&D"}, 3, status=201)

    assert (answer.status_code, answer.data) == (201, {"name": "R&D"})
    assert read_version(request(answer.headers["ETag"])) == 3


@pytest.mark.parametrize("tag", ["", "3", '"0"', '"03"', '"x"', 'W/"3"', '"1", "2"', "*", '"1234567890"', '"٣"'])
def test_anything_but_one_version_is_refused(tag: str) -> None:
    with pytest.raises(InvalidRequest):
        read_version(request(tag))


def test_a_change_without_version_is_refused_by_a_status_of_its_own() -> None:
    with pytest.raises(VersionRequired) as caught:
        read_version(request(None))

    assert caught.value.status_code == 428
