"""A WebSocket server that says what a test tells it to, and a clock that moves when a test moves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from apps.wire.codec import decode_client_frame, encode
from apps.wire.frames import ClientFrames, Conversations, Heartbeat, ListConversations, ServerFrames, SignIn, Welcome
from tests.client.builders import welcome

F = TypeVar("F", bound=msgspec.Struct)


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    async def next_frame(self) -> ClientFrames:
        """Wait for the client's next frame."""
        return decode_client_frame(await self._connection.recv())

    async def expect(self, kind: type[F], *, skip: tuple[type, ...] = (Heartbeat,)) -> F:
        """Wait for a frame of this kind, passing over those of `skip`."""
        while True:
            frame = await self.next_frame()
            if isinstance(frame, kind):
                return frame
            assert isinstance(frame, skip), f"expected {kind.__name__}, got {frame}"

    async def say(self, *frames: ServerFrames) -> None:
        for frame in frames:
            await self._connection.send(encode(frame))

    async def say_text(self, text: str) -> None:
        await self._connection.send(text)

    async def welcome(self, answer: Welcome | None = None) -> SignIn:
        """Let the client sign in, with an empty conversation list when it asks for one first."""
        frame = await self.expect(SignIn)
        await self.say(answer or welcome())
        if frame.since is None:
            await self.expect(ListConversations)
            await self.say(Conversations([], ref="listing"))
        return frame

    async def close(self, code: int = 1012) -> None:
        await self._connection.close(code)

    def break_off(self) -> None:
        """Cut the connection without a closing handshake."""
        self._connection.transport.abort()

    async def wait_closed(self) -> int | None:
        await self._connection.wait_closed()
        return self._connection.close_code


class ScriptedServer:
    """Hands every connection to the test, in the order they come."""

    def __init__(self) -> None:
        self.url = ""
        self._peers: asyncio.Queue[Peer] = asyncio.Queue()

    async def accept(self) -> Peer:
        return await self._peers.get()

    async def accept_signed_in(self, answer: Welcome | None = None) -> Peer:
        peer = await self.accept()
        await peer.welcome(answer)
        return peer

    async def handle(self, connection: ServerConnection) -> None:
        self._peers.put_nowait(Peer(connection))
        with suppress(ConnectionClosed):
            await connection.wait_closed()


@asynccontextmanager
async def scripted_server() -> AsyncIterator[ScriptedServer]:
    script = ScriptedServer()
    async with serve(script.handle, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        script.url = f"ws://127.0.0.1:{port}/ws/v1"
        yield script


class ManualTiming:
    """Time stands still until `advance`. Sleeps of up to `instant_s` pass at once, and are kept in `slept`."""

    def __init__(self, *, instant_s: float = 1.0) -> None:
        self._now = 1_000.0
        self._instant_s = instant_s
        self._moved = asyncio.Event()
        self.slept: list[float] = []

    def now(self) -> float:
        return self._now

    def unix_ms(self) -> int:
        return 1_700_000_000_000 + int(self._now * 1000)

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if seconds <= self._instant_s:
            await asyncio.sleep(0)
            return
        await self.wait(asyncio.Event(), seconds)

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        until = self._now + seconds
        while not event.is_set() and self._now < until:
            waits = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(self._moved.wait())]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in waits:
                    each.cancel()
