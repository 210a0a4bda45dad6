"""Whatever is raised reaches the client as a problem with a stable code, or as a defect in the log."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import RequestFactory
from django.utils import translation
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from apps.accounts.errors import TokenInvalid, UserNotFound
from apps.common.errors import InvalidInput, Stale
from apps.common.rest.idempotency import KeyReused
from apps.common.rest.problems import InvalidRequest, handle_exception, page_not_found, server_error
from apps.common.rest.versions import VersionRequired


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (UserNotFound(user="42"), 404, "user_not_found"),
        (InvalidRequest(field="limit", reason="too large"), 400, "invalid_input"),
        (exceptions.ParseError(), 400, "malformed_request"),
        (exceptions.NotAuthenticated(), 401, "sign_in_required"),
        (exceptions.PermissionDenied(), 403, "not_allowed"),
        (PermissionDenied(), 403, "not_allowed"),
        (Http404(), 404, "not_found"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.NotAcceptable(), 406, "not_acceptable"),
        (RequestDataTooBig(), 413, "too_large"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
        (KeyReused(), 422, "idempotency_key_reused"),
        (VersionRequired(), 428, "version_required"),
        (exceptions.Throttled(wait=3), 429, "rate_limited"),
        (SuspiciousOperation(), 400, "malformed_request"),
        (OperationalError("server closed the connection"), 503, "unavailable"),
        (InterfaceError("connection already closed"), 503, "unavailable"),
    ],
)
def test_every_refusal_has_its_status_and_code(raised: Exception, status: int, code: str) -> None:
    answer = handle_exception(raised, {})

    assert answer is not None
    assert answer.status_code == status
    assert answer.data["code"] == code
    assert answer.data["status"] == status
    assert answer.data["type"] == "about:blank"
    assert answer.data["title"]
    assert answer.data["detail"]
    assert answer.content_type == "application/problem+json"


def test_a_stale_change_has_the_status_of_how_it_named_its_version() -> None:
    conditional = Request(APIRequestFactory().patch("/", headers={"If-Match": '"1"'}))
    plain = Request(APIRequestFactory().patch("/"))

    answers = [handle_exception(Stale(version=2), {"request": request}) for request in (conditional, plain)]

    assert [answer and (answer.status_code, answer.data["code"]) for answer in answers] == [
        (412, "stale"),
        (409, "stale"),
    ]


def test_a_defect_is_left_to_django() -> None:
    assert handle_exception(ZeroDivisionError(), {}) is None


def test_a_driver_error_says_nothing_about_the_database() -> None:
    answer = handle_exception(OperationalError("password authentication failed for user postgres"), {})

    assert answer is not None
    assert "postgres" not in json.dumps(answer.data)


@pytest.mark.parametrize(
    ("raised", "seconds"), [(exceptions.Throttled(wait=2.1), "3"), (OperationalError(), "1"), (Http404(), None)]
)
def test_what_may_succeed_later_says_when(raised: Exception, seconds: str | None) -> None:
    answer = handle_exception(raised, {})

    assert answer is not None
    assert answer.headers.get("Retry-After") == seconds


def test_an_invalid_token_names_the_way_to_sign_in() -> None:
    answer = handle_exception(TokenInvalid(), {})

    assert answer is not None
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="imsite", error="invalid_token"'


@pytest.mark.parametrize(
    "raised", [InvalidInput(field="title", reason="too long"), InvalidRequest(field="title", reason="too long")]
)
def test_a_bad_field_is_named(raised: Exception) -> None:
    answer = handle_exception(raised, {})

    assert answer is not None
    assert answer.data["errors"] == [{"field": "title", "reason": "too long"}]


def test_the_detail_is_in_the_language_of_the_request() -> None:
    with translation.override("zh-hans"):
        answer = handle_exception(UserNotFound(user="42"), {})

    assert answer is not None
    assert answer.data["detail"] == "没有用户 42。"
    assert answer.data["fields"] == {"user": "42"}


def body_of(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == "application/problem+json"
    decoded: dict[str, Any] = json.loads(response.content)
    return decoded


def test_an_unknown_api_address_is_a_problem_and_any_other_a_page() -> None:
    request = RequestFactory()

    assert body_of(page_not_found(request.get("/api/v1/x"), Http404()))["code"] == "not_found"
    assert page_not_found(request.get("/elsewhere"), Http404())["Content-Type"].startswith("text/html")


def test_a_defect_in_the_api_is_a_problem_that_tells_nothing() -> None:
    request = RequestFactory()

    assert body_of(server_error(request.get("/api/v1/me")))["code"] == "internal"
    assert server_error(request.get("/chat/"))["Content-Type"].startswith("text/html")
