"""What a case of the list does: send frames in one go, frame by frame or byte by byte; then see what comes back."""

import asyncio
from collections.abc import Callable, Iterable

from apps.edge.protocol.frames import Opcode
from tests.edge.clientframes import client_frame
from tests.edge.peer import Peer, Running

Outcome = list[object]
Chop = Callable[[Iterable[bytes]], Iterable[bytes]]


def together(frames: Iterable[bytes]) -> Iterable[bytes]:
    """All frames in one write."""
    return [b"".join(frames)]


def by_frame(frames: Iterable[bytes]) -> Iterable[bytes]:
    """A write for each frame."""
    return frames


def by_byte(frames: Iterable[bytes]) -> Iterable[bytes]:
    """A write for each byte."""
    return [bytes([byte]) for frame in frames for byte in frame]


def by_size(size: int) -> Chop:
    """Writes of a fixed size."""

    def chop(frames: Iterable[bytes]) -> Iterable[bytes]:
        data = b"".join(frames)
        return [data[start : start + size] for start in range(0, len(data), size)]

    return chop


class Conversation:
    """One peer and what it hears."""

    def __init__(self, peer: Peer, running: Running, path: str) -> None:
        self.peer = peer
        self._running = running
        self._path = path

    async def another(self) -> "Conversation":
        """A conversation of its own with the same server."""
        return Conversation(await self._running.connect(path=self._path), self._running, self._path)

    async def say(self, *frames: bytes, chop: Chop = together) -> None:
        """Send frames; what is cut in pieces is flushed and given to the server piece by piece."""
        for piece in chop(frames):
            self.peer.send(piece)
            if chop is not together:
                await self.peer.writer.drain()
                await asyncio.sleep(0)

    async def greet(self) -> None:
        """See that an echo works."""
        await self.say(client_frame(payload=b"Hello, world!"))
        assert await self.hear(1) == ["Hello, world!"]

    async def hear(self, count: int) -> Outcome:
        """The next messages (as they are) and pongs (as `("pong", payload)`)."""
        return [_event(*await self.peer.frame()) for _ in range(count)]

    async def outcome(self) -> Outcome:
        """Everything up to the end: messages, pongs, the close code, and what should not come behind it."""
        heard: Outcome = []
        while not heard or not isinstance(heard[-1], int):
            heard.append(_event(*await self.peer.frame()))
        rest = await self.peer.rest()
        return [*heard, rest] if rest else heard


def _event(first: int, payload: bytes) -> object:
    assert first & 0xF0 == 0x80, "the server fragments nothing and sets no reserved bit"
    opcode = first & 0x0F
    if opcode == Opcode.TEXT:
        return payload.decode()
    if opcode == Opcode.BINARY:
        return payload
    if opcode == Opcode.CLOSE:
        return int.from_bytes(payload[:2], "big") if payload else 1005
    return Opcode(opcode).name.lower(), payload
