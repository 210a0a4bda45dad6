"""Ends of data links over loopback: each notes what it is told; and connections of our own to them."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from apps.cluster.core.gossip import Address
from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.runtime.datalink import DataLinks, Refused
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.sealing import Party, Purpose, SealedStream
from tests.cluster.live import RING, until

CLUSTER = "c"


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.now_ms = 0

    def __call__(self) -> int:
        return self.now_ms


class End:
    """One node's links, and what its receiver was told. A batch `bad` is refused."""

    def __init__(self, node: int, clock: Clock, ring: KeyRing = RING, cluster_id: str = CLUSTER) -> None:
        self.me = Party(NodeId(node), cluster_id)
        self.node = self.me.node
        self.told: list[tuple[Any, ...]] = []
        self.links = DataLinks(ring, self, clock_ms=clock, rng=random.Random(1))
        self.address: Address = ("127.0.0.1", 0)
        self.answer = b""
        """What guests are answered, if not that their batch was taken."""
        self.answered = 0

    def link_up(self, node: NodeId) -> None:
        self.told.append(("up", node))

    def link_down(self, node: NodeId) -> None:
        self.told.append(("down", node))

    def received(self, node: NodeId, batch: bytes) -> None:
        if batch == b"bad":
            raise Refused
        self.told.append((node, batch))

    def writable(self, node: NodeId) -> None:
        self.told.append(("writable", node))

    def guest_received(self, batch: bytes) -> bytes:
        if batch == b"bad":
            raise Refused
        self.answered += 1
        return self.answer or b"taken: " + batch

    def keep(self, *others: "End") -> None:
        self.links.set_nodes(self.me, {other.node: other.address for other in others})

    async def hears(self, *news: Any) -> None:
        await until(lambda: news in self.told)


Make = Callable[..., Awaitable[End]]


async def linked(make: Make) -> tuple[End, End]:
    """Nodes 1 and 2 with a link between them."""
    one, two = await make(1), await make(2)
    two.keep(one)
    one.keep(two)
    await one.hears("up", two.node)
    await two.hears("up", one.node)
    return one, two


class Caller:
    """A connection of our own to an end's port, after its handshake."""

    def __init__(self, stream: SealedStream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.stream, self.reader, self.writer = stream, reader, writer

    def say(self, batch: bytes) -> None:
        self.writer.write(self.stream.seal(batch))

    async def answer(self) -> bytes:
        async with asyncio.timeout(5):
            while not (batches := self.stream.receive(await self.reader.read(4_096))):
                assert not self.reader.at_eof()
        return batches[0]

    async def is_cut_off(self) -> bool:
        async with asyncio.timeout(5):
            with suppress(ConnectionError):
                while await self.reader.read(4_096):
                    pass
        return True


async def call(end: End, node: int = NO_NODE, purpose: Purpose = Purpose.GUEST, ring: KeyRing = RING) -> Caller:
    stream = SealedStream.dial(ring, Party(NodeId(node), CLUSTER), purpose)
    reader, writer = await asyncio.open_connection(*end.address)
    writer.write(stream.outgoing())
    with suppress(ConnectionError):  # refused: the test asks whether it was
        stream.receive(await reader.read(4_096))
        writer.write(stream.outgoing())
    return Caller(stream, reader, writer)
