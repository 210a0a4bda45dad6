"""People at their terminals, connected to the gateway through Channels' own test communicator."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec
import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator

from apps.accounts.models import User
from apps.accounts.services import ensure_applications
from apps.conversations.models import Conversation
from apps.gateway import lifespan
from apps.gateway.registry import Registry
from apps.gateway.routing import websocket_application
from apps.messaging.services import conversations
from apps.wire.frames import PATH
from apps.wire.ids import TerminalId, UserId, make_message_id
from tests.gateway.detaching import Application, detaching
from tests.gateway.peers import CountingLayer
from tests.rest_client import issue_token

NOW_MS = 1_800_000_000_000
Headers = Sequence[tuple[bytes, bytes]]
T = TypeVar("T")
_numbers = itertools.count(1)


async def in_database(work: Callable[..., T], *arguments: Any, **fields: Any) -> T:
    """Do synchronous work with the database and leave no connection behind, as it would when a test's loop did it."""
    result: T = await database_sync_to_async(work)(*arguments, **fields)
    return result


class Terminal:
    """One terminal of a user: speaks the protocol frame by frame."""

    def __init__(
        self,
        user: User,
        *,
        terminal: UUID | None = None,
        headers: Headers | None = None,
        application: Application = websocket_application,
    ) -> None:
        self.user = user
        self.terminal = terminal or uuid4()
        self.welcome: dict[str, Any] = {}
        self.socket = WebsocketCommunicator(application, PATH, headers=headers or [])

    async def connect(self) -> None:
        """Open the socket without signing in."""
        accepted, _ = await self.socket.connect(timeout=60)
        assert accepted

    async def sign_in(self, *, token: str | None = None, **fields: Any) -> dict[str, Any]:
        """Sign in and return what comes back."""
        token = await in_database(issue_token, self.user) if token is None else token
        await self.send(op="sign_in", token=token, terminal=str(self.terminal), platform="web", **fields)
        self.welcome = await self.receive()
        return self.welcome

    async def send(self, **frame: Any) -> None:
        await self.socket.send_to(text_data=msgspec.json.encode(frame).decode())

    async def receive(self) -> dict[str, Any]:
        """Return the next frame."""
        return dict(msgspec.json.decode(await self.socket.receive_from(timeout=60)))

    async def ask(self, **frame: Any) -> dict[str, Any]:
        """Send a frame and return the next one that comes."""
        await self.send(**frame)
        return await self.receive()

    async def receive_op(self, op: str) -> dict[str, Any]:
        """Return the next frame of this kind; others before it are skipped."""
        while (frame := await self.receive())["op"] != op:
            pass
        return frame

    async def closed(self) -> int:
        """Return the close code; nothing but the closing frame may come before."""
        event = await self.socket.receive_output(timeout=60)
        assert event["type"] == "websocket.close", event
        return int(event["code"])

    async def is_quiet(self) -> bool:
        """Tell that nothing was sent to this terminal up to now: an answer asked for now is the next frame."""
        return bool((await self.ask(op="heartbeat"))["op"] == "heartbeat")

    def message(self, conversation: Conversation | UUID, text: str = "hello", *, number: int = 0) -> dict[str, Any]:
        """A `send` frame with a fresh id, or that of a number."""
        random = (number or next(_numbers) + (1 << 64)).to_bytes(9, "big")
        sender, terminal = UserId(self.user.id), TerminalId(self.terminal)
        message_id = make_message_id(sender, terminal, time_ms=NOW_MS, random=random)
        conversation_id = getattr(conversation, "pk", conversation)
        return {
            "op": "send",
            "id": message_id.to_text(),
            "conversation": str(conversation_id),
            "kind": "text",
            "body": {"text": text},
        }

    async def hang_up(self) -> None:
        await self.socket.disconnect(timeout=60)


Dial = Callable[..., Awaitable[Terminal]]


@pytest.fixture(params=["asgi", "detached"])
def application(request: pytest.FixtureRequest) -> Application:
    """The gateway as plain ASGI servers run it, and as one does that lets it detach."""
    return detaching(websocket_application) if request.param == "detached" else websocket_application


@pytest.fixture
async def dial(transactional_db: None, application: Application) -> AsyncIterator[Dial]:
    """Connect and sign in terminals; hang up and stop the node at the end."""
    await in_database(ensure_applications)
    terminals: list[Terminal] = []

    async def call(user: User, *, sign_in: bool = True, since: int | None = None, **fields: Any) -> Terminal:
        terminal = Terminal(user, application=application, **fields)
        terminals.append(terminal)
        await terminal.connect()
        if sign_in:
            extra: dict[str, Any] = {} if since is None else {"since": since}
            welcome = await terminal.sign_in(**extra)
            assert welcome["op"] == "welcome", welcome
        return terminal

    yield call
    for terminal in terminals:
        if not terminal.socket.future.done():
            await terminal.hang_up()
    await lifespan.shutdown()


@pytest.fixture
def room(alice: User, bob: User) -> Conversation:
    """Alice's group with Bob."""
    return conversations.start_group(alice, title="Lunch", member_ids=[bob.id], now_ms=NOW_MS)


@pytest.fixture
def layer() -> CountingLayer:
    return CountingLayer()


@pytest.fixture
async def registry(layer: CountingLayer) -> AsyncIterator[Registry]:
    registry = Registry("n1", layer)
    await registry.start()
    yield registry
    await registry.stop(within_s=1)
