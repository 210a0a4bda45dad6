"""Requests say where they come from; what a client can forge is not believed."""

import re
from collections.abc import Awaitable

import pytest
from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from apps.audit.middleware import HEADER, OriginMiddleware
from apps.audit.origin import NOWHERE, Origin, current_origin


def answer(request: HttpRequest) -> tuple[Origin, HttpResponse]:
    seen: list[Origin] = []

    def view(_request: HttpRequest) -> HttpResponse:
        seen.append(current_origin())
        return HttpResponse()

    response = OriginMiddleware(view)(request)
    assert isinstance(response, HttpResponse)
    return seen[0], response


@pytest.mark.parametrize(
    ("path", "via"), [("/api/v1/users", "rest"), ("/admin/", "admin"), ("/accounts/login/", "web"), ("/", "web")]
)
def test_the_door_is_known_by_the_path(path: str, via: str) -> None:
    origin, _response = answer(RequestFactory().get(path))

    assert origin.via == via


def test_the_address_is_the_peers() -> None:
    request = RequestFactory(REMOTE_ADDR="192.0.2.7").get("/api/", headers={"X-Forwarded-For": "203.0.113.9"})

    origin, _response = answer(request)

    assert origin.address == "192.0.2.7"


def test_the_id_of_a_proxy_is_kept_and_given_back() -> None:
    origin, response = answer(RequestFactory().get("/", headers={HEADER: "req-12345678"}))

    assert origin.request_id == response[HEADER] == "req-12345678"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f g h", "ü" * 10, "1234567\n8"])
def test_what_does_not_look_like_an_id_is_replaced(given: str) -> None:
    request = RequestFactory().get("/")
    request.META["HTTP_X_REQUEST_ID"] = given

    origin, response = answer(request)

    assert re.fullmatch("[0-9a-f]{32}", origin.request_id)
    assert response[HEADER] == origin.request_id


def test_afterwards_nothing_is_left() -> None:
    answer(RequestFactory().get("/"))

    assert current_origin() is NOWHERE


async def test_a_loop_is_served_without_a_thread() -> None:
    seen: list[Origin] = []

    async def view(_request: HttpRequest) -> HttpResponse:
        seen.append(current_origin())
        return HttpResponse()

    middleware = OriginMiddleware(view)
    assert iscoroutinefunction(middleware)
    answering = middleware(RequestFactory().get("/api/", headers={HEADER: "req-12345678"}))
    assert isinstance(answering, Awaitable)

    response = await answering

    assert seen == [Origin(via="rest", address="127.0.0.1", request_id="req-12345678")]
    assert response.headers[HEADER] == "req-12345678"
    assert current_origin() is NOWHERE
