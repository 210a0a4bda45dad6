"""Peers that read only when told to, behind each kind of outbox; one suite of tests runs over both."""

import asyncio
from typing import Any

from apps.gateway.outbox import AsgiOutbox, Bounds, Outbox, SocketOutbox
from tests.gateway.detaching import FakeSocket

BOUNDS = Bounds(congested_bytes=100, relaxed_bytes=20, limit_bytes=1000, limit_frames=50)


class Peer:
    """What the peer got, and how often its outbox said that it caught up."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.drained = 0
        self.cuts = 0

    def take(self, event: dict[str, Any]) -> None:
        self.sent.append(event.get("text") or f"close {event['code']} {event['reason']}")

    def note_drained(self) -> None:
        self.drained += 1

    def outbox(self, bounds: Bounds = BOUNDS) -> Outbox:
        raise NotImplementedError

    def stop_reading(self) -> None:
        raise NotImplementedError

    async def read_on(self) -> None:
        raise NotImplementedError


class AsgiPeer(Peer):
    """Behind a server's `send`, which holds one frame."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = 0

    async def send(self, event: dict[str, Any]) -> None:
        self.waiting += 1
        await self.gate.wait()
        self.waiting -= 1
        self.take(event)

    def note_cut(self) -> None:
        self.cuts += 1

    def outbox(self, bounds: Bounds = BOUNDS) -> AsgiOutbox:
        outbox = AsgiOutbox(self.send, bounds=bounds, cut=self.note_cut)
        outbox.on_drained = self.note_drained
        return outbox

    def stop_reading(self) -> None:
        self.gate.clear()

    async def read_on(self) -> None:
        self.gate.set()
        await settle()


class SocketPeer(Peer):
    """Behind a detached socket that holds one frame before it is congested."""

    def __init__(self) -> None:
        super().__init__()
        self.socket = FakeSocket(self.take)
        self.written: SocketOutbox | None = None

    def outbox(self, bounds: Bounds = BOUNDS) -> SocketOutbox:
        outbox = self.written = SocketOutbox(bounds)
        outbox.attach(self.socket)
        return outbox

    def stop_reading(self) -> None:
        self.socket.reads = False

    async def read_on(self) -> None:
        self.socket.read_on(self)
        await settle()

    def writable(self) -> None:
        """The server says so; whoever owns the outbox pours."""
        assert self.written is not None
        self.drained += self.written.pour()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)
