"""Requests are decoded strictly, answers encoded from structs."""

import io
import json
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from apps.common.rest.problems import InvalidRequest, TooLarge
from apps.common.rest.structs import (
    MAX_BODY_BYTES,
    MAX_BULK_BYTES,
    BulkParser,
    Input,
    Output,
    StructParser,
    StructRenderer,
    read_body,
    read_query,
)


class Wish(Input):
    name: str
    count: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1
    tags: list[str] = []


def request_with(body: bytes = b"", query: str = "") -> Request:
    factory = APIRequestFactory()
    request = factory.post(f"/?{query}", body, content_type="application/json")
    return Request(request, parsers=[StructParser()])


def test_a_body_becomes_a_struct() -> None:
    assert read_body(request_with(b'{"name": "x", "count": 2}'), Wish) == Wish(name="x", count=2)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{}", ""),
        (b'{"name": 1}', "name"),
        (b'{"name": "x", "count": "2"}', "count"),
        (b'{"name": "x", "count": 10}', "count"),
        (b'{"name": "x", "tags": ["a", 1]}', "tags.1"),
        (b'{"name": "x", "other": 1}', ""),
        (b"[]", ""),
        (b"null", ""),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_its_place(body: bytes, field: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read_body(request_with(body), Wish)

    assert refusal.value.problem.field == field
    assert refusal.value.problem.reason


@pytest.mark.parametrize("body", [b"{", b"nonsense", b'{"name": "\xff"}', b"[" * 10_000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises((ParseError, InvalidRequest)):
        read_body(request_with(body), Wish)


def test_no_body_at_all_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="required"):
        read_body(request_with(), Wish)


@pytest.mark.parametrize(("parser", "bound"), [(StructParser(), MAX_BODY_BYTES), (BulkParser(), MAX_BULK_BYTES)])
def test_a_body_has_a_bound(parser: StructParser, bound: int) -> None:
    assert len(parser.parse(io.BytesIO(b"x" * bound))) == bound
    with pytest.raises(TooLarge):
        parser.parse(io.BytesIO(b"x" * (bound + 1)))


class Search(Input):
    q: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


def test_query_parameters_become_a_struct() -> None:
    assert read_query(request_with(query="q=%E5%BC%A0&limit=5"), Search) == Search(q="张", limit=5)
    assert read_query(request_with(), Search) == Search()


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=x", "limit"), ("limit=", "limit"), ("q=a&q=b", "q"), ("q=%00", "q"), ("x=1", "")],
)
def test_bad_query_parameters_are_refused_by_name(query: str, field: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read_query(request_with(query=query), Search)

    assert refusal.value.problem.field == field


class Answer(Output):
    id: UUID
    items: list[msgspec.Raw]
    next: str = ""


def test_answers_are_json_with_every_field() -> None:
    data = Answer(id=UUID(int=1), items=[msgspec.Raw(b'{"a":1}')])

    rendered = StructRenderer().render(data)

    assert json.loads(rendered) == {"id": str(UUID(int=1)), "items": [{"a": 1}], "next": ""}


@pytest.mark.parametrize(("data", "rendered"), [(None, b""), ({"text": _("active")}, b'{"text":"active"}')])
def test_nothing_and_lazy_texts_are_rendered_too(data: Any, rendered: bytes) -> None:
    assert StructRenderer().render(data) == rendered
