"""The gateway behind real servers, over real sockets, with an independent client library."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from apps.accounts.models import User
from apps.accounts.services import ensure_applications
from apps.conversations.models import Conversation
from tests.gateway.conftest import Terminal
from tests.imsite.serving.node_process import NodeProcess, running_node
from tests.rest_client import issue_token

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


@pytest.fixture(params=["im", "uvicorn", "daphne"])
def node(request: pytest.FixtureRequest, transactional_db: None, tmp_path: Path) -> Iterator[NodeProcess]:
    ensure_applications()
    with running_node(request.param, tmp_path) as node:
        yield node


class Client:
    """A signed-in terminal over a real socket."""

    def __init__(self, socket: ClientConnection, user: User) -> None:
        self.socket = socket
        self.speaker = Terminal(user)

    async def ask(self, **frame: Any) -> dict[str, Any]:
        await self.socket.send(msgspec.json.encode(frame).decode())
        return await self.receive()

    async def receive(self) -> dict[str, Any]:
        return dict(msgspec.json.decode(await asyncio.wait_for(self.socket.recv(), 10)))

    async def close_code(self) -> int:
        await asyncio.wait_for(self._read_to_the_end(), 10)
        assert self.socket.close_code is not None
        return self.socket.close_code

    async def _read_to_the_end(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.socket.recv()


@asynccontextmanager
async def dialled(node: NodeProcess, user: User, token: str) -> AsyncIterator[Client]:
    async with connect(node.socket_url(node.ws_port), compression=None) as socket:
        client = Client(socket, user)
        terminal = str(client.speaker.terminal)
        welcome = await client.ask(op="sign_in", token=token, terminal=terminal, platform="linux")
        assert welcome["op"] == "welcome", welcome
        yield client


def test_two_people_chat(node: NodeProcess, room: Conversation, alice: User, bob: User) -> None:
    tokens = issue_token(alice), issue_token(bob)

    async def chat() -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        async with dialled(node, alice, tokens[0]) as at_alice, dialled(node, bob, tokens[1]) as at_bob:
            frame = at_alice.speaker.message(room, "你好")
            ack = await at_alice.ask(**frame)
            event = await at_bob.receive()
            again = await at_alice.ask(**frame)
            return ack, event, again

    ack, event, again = asyncio.run(chat())

    assert (ack["op"], event["op"]) == ("ack", "event")
    assert (event["id"], event["seq"], event["body"]) == (ack["id"], ack["seq"], {"text": "你好"})
    assert again == ack


def test_a_stopping_node_says_goodbye_and_its_clients_may_return(node: NodeProcess, alice: User) -> None:
    token = issue_token(alice)

    async def stay() -> tuple[dict[str, Any], int]:
        async with dialled(node, alice, token) as client:
            node.process.terminate()
            closing = await client.receive()
            return closing, await client.close_code()

    closing, code = asyncio.run(stay())

    assert (closing["op"], closing["reason"], code) == ("closing", "restart", 1012)
    assert node.finish()[0] == 0


def test_wrong_input_is_answered_and_survived(node: NodeProcess, alice: User) -> None:
    token = issue_token(alice)

    async def blunder() -> list[str]:
        async with dialled(node, alice, token) as client:
            await client.socket.send("x" * 70_000)
            large = await client.receive()
            await client.socket.send(b"\xff\xfe")
            binary = await client.receive()
            beat = await client.ask(op="heartbeat")
            return [large["code"], binary["code"], beat["op"]]

    assert asyncio.run(blunder()) == ["frame_too_large", "bad_frame", "heartbeat"]


def test_a_bad_token_is_closed_with_its_code(node: NodeProcess, alice: User) -> None:
    async def fail() -> tuple[str, int]:
        async with connect(node.socket_url(node.ws_port)) as socket:
            client = Client(socket, alice)
            refusal = await client.ask(op="sign_in", token="wrong", terminal=str(uuid4()), platform="bot")
            return refusal["code"], await client.close_code()

    assert asyncio.run(fail()) == ("token_invalid", 4401)


@pytest.mark.parametrize(
    ("path", "headers"), [("/ws/v2", {}), ("/ws/v1", {"Origin": "https://evil.example.com"})], ids=["path", "origin"]
)
def test_a_wrong_path_or_origin_is_refused_without_a_traceback(
    node: NodeProcess, path: str, headers: dict[str, str]
) -> None:
    async def knock() -> int:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{node.ws_port}{path}", additional_headers=headers)
        return refused.value.response.status_code

    status = asyncio.run(knock())
    node.process.terminate()
    code, output = node.finish()

    assert (status, code) == (403, 0)
    assert "Traceback" not in output
