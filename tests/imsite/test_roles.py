"""A process without a role refuses what others do, and says what and where; everyone tells whether it is well."""

import json
from typing import Any

import pytest
from channels.testing import HttpCommunicator, WebsocketCommunicator
from pytest_django import Settings

from imsite.asgi import application


async def sent_on_connecting(scope_extensions: dict[str, Any]) -> list[dict[str, Any]]:
    """What a handshake is answered with, whatever it is."""
    communicator = WebsocketCommunicator(application, "/ws/v1")
    communicator.scope["extensions"] = scope_extensions
    await communicator.send_input({"type": "websocket.connect"})
    events = [await communicator.receive_output()]
    while events[-1]["type"] == "websocket.http.response.start":
        events.append(await communicator.receive_output())
    await communicator.wait()
    return events


@pytest.mark.parametrize("roles", [("ws",), ("jobs",)])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_every_process_tells_whether_it_is_well(settings: Settings, roles: tuple[str, ...], path: str) -> None:
    settings.IM_NODE_ROLES = roles

    response = await HttpCommunicator(application, "GET", path).get_response()

    assert response["status"] == 200


@pytest.mark.parametrize("path", ["/", "/chat/", "/api/v1/me", "/admin/"])
async def test_pages_are_refused_with_a_code_where_only_sessions_are_served(settings: Settings, path: str) -> None:
    settings.IM_NODE_ROLES = ("ws",)

    response = await HttpCommunicator(application, "GET", path).get_response()

    assert response["status"] == 421
    assert (b"content-type", b"application/problem+json") in response["headers"]
    assert json.loads(response["body"])["code"] == "no_pages_here"


@pytest.mark.parametrize("roles", [(), ("http",), ("ws", "http", "jobs")])
async def test_pages_are_served_with_the_role_or_without_any_division(
    settings: Settings, roles: tuple[str, ...]
) -> None:
    settings.IM_NODE_ROLES = roles

    response = await HttpCommunicator(application, "GET", "/").get_response()

    assert response["status"] == 302


async def test_sessions_are_refused_with_503_and_a_code_where_only_pages_are_served(settings: Settings) -> None:
    settings.IM_NODE_ROLES = ("http", "jobs")

    start, body = await sent_on_connecting({"websocket.http.response": {}})

    assert start["status"] == 503
    assert json.loads(body["body"])["code"] == "no_sessions_here"


async def test_a_server_that_cannot_answer_so_refuses_the_handshake_in_its_own_way(settings: Settings) -> None:
    settings.IM_NODE_ROLES = ("http",)

    [refusal] = await sent_on_connecting({})

    assert refusal == {"type": "websocket.close", "code": 1013, "reason": "no_sessions_here"}


@pytest.mark.parametrize("roles", [(), ("ws",)])
async def test_sessions_reach_the_gateway_with_the_role(settings: Settings, roles: tuple[str, ...]) -> None:
    settings.IM_NODE_ROLES = roles

    accepted, code = await WebsocketCommunicator(application, "/ws/v0").connect()

    assert (accepted, code) == (False, 4400), "the gateway's own refusal"
