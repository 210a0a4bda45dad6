"""Addresses of sockets."""

import pytest
from channels.testing import WebsocketCommunicator

from apps.gateway.consumers import RefusingConsumer, SessionConsumer
from apps.gateway.routing import websocket_application
from apps.wire.frames import PATH


@pytest.mark.parametrize("path", ["/", "/ws/v1/", "/ws/v2", "/ws/v1x", "/x/ws/v1", "/ws"])
async def test_other_paths_are_refused_without_an_error(path: str) -> None:
    socket = WebsocketCommunicator(websocket_application, path)

    accepted, _ = await socket.connect()
    await socket.wait()

    assert not accepted


def test_the_protocol_has_one_path() -> None:
    session, other = websocket_application.routes

    assert session.callback.consumer_class is SessionConsumer
    assert other.callback.consumer_class is RefusingConsumer
    assert str(session.pattern) == PATH.removeprefix("/")
