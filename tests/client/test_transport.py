"""A connection's ends are told apart by their code."""

import pytest

from apps.client.errors import ConnectionLost
from apps.client.transport import ABNORMAL, open_websocket
from apps.wire.codec import encode
from apps.wire.frames import SignIn
from tests.client.builders import TERMINAL
from tests.client.scripted import ScriptedServer

SIGN_IN = encode(SignIn("t", TERMINAL, "bot"))


async def test_text_goes_both_ways(server: ScriptedServer) -> None:
    transport = await open_websocket(server.url)
    peer = await server.accept()

    await transport.send(SIGN_IN)
    await peer.say_text("hello")

    assert isinstance(await peer.next_frame(), SignIn)
    assert await transport.receive() == "hello"
    await transport.close()
    assert await peer.wait_closed() == 1000


async def test_the_close_code_of_the_server_comes_through(server: ScriptedServer) -> None:
    transport = await open_websocket(server.url)
    peer = await server.accept()

    await peer.close(4408)

    with pytest.raises(ConnectionLost) as caught:
        await transport.receive()
    assert caught.value.code == 4408
    with pytest.raises(ConnectionLost):
        await transport.send("x")


async def test_a_cut_connection_is_abnormal(server: ScriptedServer) -> None:
    transport = await open_websocket(server.url)
    peer = await server.accept()

    peer.break_off()

    with pytest.raises(ConnectionLost) as caught:
        await transport.receive()
    assert caught.value.code == ABNORMAL
    await transport.close()


async def test_a_frame_past_the_bound_ends_the_connection(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.client.transport.MAX_SERVER_FRAME_BYTES", 100)
    transport = await open_websocket(server.url)
    peer = await server.accept()

    await peer.say_text("x" * 101)

    with pytest.raises(ConnectionLost) as caught:
        await transport.receive()
    assert caught.value.code == 1009


async def test_nobody_listening_is_a_lost_connection(unused_port: int) -> None:
    with pytest.raises(ConnectionLost) as caught:
        await open_websocket(f"ws://127.0.0.1:{unused_port}/ws/v1")

    assert caught.value.code == ABNORMAL


async def test_an_address_that_is_none_is_a_defect() -> None:
    with pytest.raises(ValueError, match="not a WebSocket address"):
        await open_websocket("http://127.0.0.1/ws/v1")
