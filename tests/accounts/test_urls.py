"""Addresses of accounts in the REST API are part of its contract."""

import pytest
from django.urls import resolve, reverse


@pytest.mark.parametrize(
    ("name", "kwargs", "path"),
    [("me", {}, "/api/v1/me")],
)
def test_addresses_stay_what_they_are(name: str, kwargs: dict[str, str], path: str) -> None:
    assert reverse(name, kwargs=kwargs) == path
    assert resolve(path).url_name == name
