"""Bodies and answers that are files."""

import io

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from apps.common.rest import files
from apps.common.rest.files import parsers_for, read_file, renderers_for
from apps.common.rest.problems import InvalidRequest, TooLarge


def request(data: bytes) -> Request:
    return Request(APIRequestFactory().post("/", data, content_type="text/csv"), parsers=[parsers_for("text/csv")[0]()])


def test_a_body_is_read_as_it_is() -> None:
    assert read_file(request(b"a,b\n")) == b"a,b\n"


def test_no_body_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        read_file(request(b""))


def test_the_bound_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_UPLOAD_BYTES", 4)
    parser = parsers_for("text/csv")[0]()

    assert parser.parse(io.BytesIO(b"1234")) == b"1234"
    with pytest.raises(TooLarge):
        parser.parse(io.BytesIO(b"12345"))


def test_formats_have_a_renderer_each_that_writes_problems() -> None:
    csv, xlsx = renderers_for(csv="text/csv", xlsx="application/x")

    assert (csv.media_type, csv.format, xlsx.format) == ("text/csv", "csv", "xlsx")
    assert csv().render({"code": "not_found"}) == b'{"code":"not_found"}'
