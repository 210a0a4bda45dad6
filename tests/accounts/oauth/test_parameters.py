"""Bounds on what the endpoints are sent."""

import json
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.views.generic import View

from apps.accounts.oauth.parameters import MAX_FIELD_CHARS, BoundedParameters, refusal


class Endpoint(BoundedParameters, View):
    def get(self, request: HttpRequest, *args: Any) -> HttpResponse:
        return HttpResponse("through")

    post = get


@pytest.mark.parametrize(
    "fields",
    [
        {"x": "\0"},
        {"\0": "x"},
        {"x": "x" * (MAX_FIELD_CHARS + 1)},
        {"client_id": "x" * 256},
        {"nonce": "x" * 256},
        {"code_challenge": "x" * 129},
        {"redirect_uri": ["https://a.example", "https://b.example"]},
    ],
)
def test_what_does_not_fit_goes_no_further(fields: dict[str, Any]) -> None:
    for request in (RequestFactory().get("/", fields), RequestFactory().post("/", fields)):
        answer: Any = Endpoint.as_view()(request)

        assert answer.status_code == 400
        assert json.loads(answer.content)["error"] == "invalid_request"


@pytest.mark.parametrize(
    "fields", [{}, {"client_id": "x" * 255}, {"resource": ["https://a.example", "https://b.example"]}]
)
def test_anything_else_does(fields: dict[str, Any]) -> None:
    answer: Any = Endpoint.as_view()(RequestFactory().get("/", fields))

    assert answer.content == b"through"


def test_a_refusal_is_kept_by_nobody_and_says_when_to_come_back() -> None:
    answer = refusal("slow_down", "Later.", status=429, wait_s=3)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Retry-After" not in refusal("x", "y", status=400).headers
