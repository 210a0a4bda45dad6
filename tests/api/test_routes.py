"""The OpenAPI document and the routes are the same list, and every route keeps strangers out."""

from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from tests.api.routes import api_operations, with_ids
from tests.rest_client import RestClient

METHODS = {"get", "post", "put", "patch", "delete"}
SOME_ID = "0198e2a0-0000-7000-8000-000000000001"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    generated: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return generated


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


def test_the_document_lists_every_route_and_no_other(document: dict[str, Any]) -> None:
    routes = api_operations()

    assert routes
    assert set(operations(document)) == routes


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    validate_schema(document)


def test_every_operation_names_its_refusals_and_how_to_sign_in(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        assert {"401", "429", "503"} <= set(operation["responses"])
        assert {"bearer": []} in operation["security"]
        for status, response in operation["responses"].items():
            if status >= "400":
                assert set(response["content"]) == {"application/problem+json"}


def test_operation_ids_are_unique_and_summaries_there(document: dict[str, Any]) -> None:
    described = operations(document).values()

    assert len({operation["operationId"] for operation in described}) == len(described)
    assert all(operation["summary"] and operation["description"] for operation in described)


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path"), sorted(api_operations()))
def test_nobody_gets_in_without_a_token(method: str, path: str) -> None:
    answer = RestClient(None).request(method, with_ids(path, SOME_ID))

    assert (answer.status, answer.code) == (401, "sign_in_required")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path"), sorted(api_operations()))
def test_nobody_gets_in_with_a_token_of_her_own_making(method: str, path: str) -> None:
    answer = RestClient("made-up").request(method, with_ids(path, SOME_ID))

    assert (answer.status, answer.code) == (401, "token_invalid")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_unknown_address_is_a_problem_too(client: Client) -> None:
    answer = RestClient(None, client).get("/api/v1/nothing")

    assert (answer.status, answer.code) == (404, "not_found")


def test_the_documentation_page_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs/")

    assert page.status_code == 200
    assert b"swagger-ui" in page.content
    assert b"//cdn" not in page.content
    assert b'src="http' not in page.content
