"""The document says what the structs say."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.rest import openapi
from apps.common.rest.openapi import (
    KEYED,
    VERSIONED,
    BearerScheme,
    complete_document,
    named_schema,
    one_of,
    operation,
    reference,
)


class Cat(msgspec.Struct, tag_field="kind", tag="cat"):
    lives: Annotated[int, msgspec.Meta(ge=1, le=9)]


class Dog(msgspec.Struct, tag_field="kind", tag="dog"):
    owner: UUID


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test adds to the document must not show in the real one."""
    monkeypatch.setattr(openapi, "_USED", dict(openapi._USED))
    monkeypatch.setattr(openapi, "_SCHEMAS", dict(openapi._SCHEMAS))


@pytest.fixture
def completed() -> dict[str, Any]:
    reference(Cat)
    paths: dict[str, Any] = {"/x": {"post": {"requestBody": {"content": {}}, "responses": {}}}}
    return complete_document({"paths": paths}, None, None, True)


def test_a_referenced_struct_is_described_with_its_bounds(completed: dict[str, Any]) -> None:
    assert reference(Cat) == {"$ref": "#/components/schemas/Cat"}
    assert completed["components"]["schemas"]["Cat"]["properties"]["lives"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 9,
    }


def test_two_structs_of_one_name_are_refused() -> None:
    reference(Cat)

    with pytest.raises(ValueError, match="Cat"):
        reference(msgspec.defstruct("Cat", [("tail", str)]))


def test_bodies_are_required_and_either_way_to_name_a_token_will_do(completed: dict[str, Any]) -> None:
    operation = completed["paths"]["/x"]["post"]

    assert operation["requestBody"]["required"]
    assert operation["security"] == [{"bearer": []}, {"oauth2": ["im"]}]


def test_structs_with_a_tag_are_told_apart_by_it() -> None:
    assert one_of(Cat, Dog) == {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"},
        },
    }


def test_a_schema_of_ones_own_is_added_by_name() -> None:
    assert named_schema("Fish", {"type": "string"}) == {"$ref": "#/components/schemas/Fish"}

    completed = complete_document({"paths": {}}, None, None, True)

    assert completed["components"]["schemas"]["Fish"] == {"type": "string"}


def test_query_parameters_come_from_the_struct() -> None:
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)

    parameters = {p["name"]: p for p in document["paths"]["/api/v1/users"]["get"]["parameters"]}

    assert parameters["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}
    assert parameters["limit"]["description"] == "Rows of a page."
    assert not parameters["limit"].get("required", False)
    assert set(parameters) == {"q", "cursor", "limit"}


def test_both_descriptions_of_the_token_are_there() -> None:
    bearer, oauth2 = BearerScheme.get_security_definition(BearerScheme.__new__(BearerScheme), None)

    assert bearer == {"type": "http", "scheme": "bearer"}
    assert set(oauth2["flows"]) == {"password", "authorizationCode"}


def test_headers_bring_their_refusals_along() -> None:
    class View(APIView):
        @operation("x_change", summary="Change x", answers={204: None}, headers=(KEYED, VERSIONED))
        def patch(self, request: Request) -> Response:
            """Change x."""
            raise NotImplementedError

    document = SchemaGenerator(patterns=[path("x", View.as_view())]).get_schema(request=None, public=True)

    described = document["paths"]["/x"]["patch"]
    assert {(header["name"], header.get("required", False)) for header in described["parameters"]} == {
        ("Idempotency-Key", False),
        ("If-Match", True),
    }
    assert {"412", "422", "428"} <= described["responses"].keys()
