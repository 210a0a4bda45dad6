"""The data port of a node: one sealed TCP link to every other node, in the loop that serves the sessions.

Of two nodes the one with the smaller id dials. A link carries batches in order until it breaks; what was under way is
lost then, and both ends know. Guests (processes that are no node) only send. Not here: what is in a batch.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, cast

from apps.cluster.core.gossip import Address
from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.names import family_of
from apps.cluster.runtime.sealing import Party, Purpose, SealedStream, SealError
from apps.cluster.runtime.wires import tune

HANDSHAKE_MS = 3_000
"""How long a connection and its handshake may take; then it is given up."""
BACKOFF_LEAST_MS = 50
BACKOFF_MOST_MS = 1_000
"""After a failed dial the next one waits from the least, doubled each time, to the most; half of it is chance."""
WRITE_HIGH_BYTES = 256 * 1024
"""So much may wait in the transport; from there on batches wait where they are bounded, in the router. A guest for whom
more waits does not read its answers: it is cut off."""
STRANGERS_MAX = 64
"""Connections that have not said who they are; for one more the oldest is ended, so that those that say nothing cannot
keep nodes out by being many."""
GUESTS_MAX = 64
"""Guests at a time; one more is refused at once."""
PURPOSES = frozenset({Purpose.DATA, Purpose.GUEST})


class Refused(Exception):
    """A batch cannot be used: its connection has to be closed."""


class Receiver(Protocol):
    """Who is told what comes over the links."""

    def link_up(self, node: NodeId) -> None:
        """A fresh link to a node is there."""

    def link_down(self, node: NodeId) -> None:
        """It is gone."""

    def received(self, node: NodeId, batch: bytes) -> None:
        """A batch has come. Raises Refused."""

    def writable(self, node: NodeId) -> None:
        """A link that was congested takes batches again."""

    def guest_received(self, batch: bytes) -> bytes:
        """A guest sent a batch; return the answer to it. Raises Refused."""


class DataWire(asyncio.Protocol):
    """One connection of the data port."""

    def __init__(self, links: "DataLinks", stream: SealedStream, now_ms: int) -> None:
        self.stream = stream
        self.begun_ms = now_ms
        self.congested = False
        self.linked = False
        self._links = links
        self._transport: asyncio.Transport | None = None
        self._over = False
        self.settled = asyncio.Event()
        """The handshake is over, or the connection is."""

    def is_over(self) -> bool:
        """Whether nothing comes or goes any more."""
        return self._over

    @property
    def peer(self) -> NodeId:
        """The node at the other end, NO_NODE before it is known."""
        return self.stream.peer.node if self.stream.peer is not None else NO_NODE

    def write(self, batch: bytes) -> None:
        """Seal and write one batch."""
        if self._transport is not None and not self._over:
            self._transport.write(self.stream.seal(batch))

    def close(self) -> None:
        """End the connection now."""
        self._over = True
        self.settled.set()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        self._transport = cast(asyncio.Transport, transport)
        if not self._links.admit(self):
            self._transport.abort()
            return
        tune(transport.get_extra_info("socket"))
        self._transport.set_write_buffer_limits(WRITE_HIGH_BYTES)
        self._transport.write(self.stream.outgoing())

    def data_received(self, data: bytes) -> None:
        """Open what came; whoever sends what cannot be opened is not listened to any more."""
        if self._over:
            return
        was_established = self.stream.established
        try:
            batches = self.stream.receive(data)
        except SealError as error:
            self._links.refuse(self, error.reason)
            return
        if not was_established:
            if self._transport is not None and (outgoing := self.stream.outgoing()):
                self._transport.write(outgoing)
            if self.stream.established:
                self._links.established(self)
                self.settled.set()
        for batch in batches:
            if not self.is_over():
                self._links.received(self, batch)

    def pause_writing(self) -> None:
        """The other side is slow."""
        self.congested = True

    def resume_writing(self) -> None:
        """It has caught up."""
        self.congested = False
        if self.linked:
            self._links.receiver.writable(self.peer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say it once."""
        self._over = True
        self.settled.set()
        self._links.lost(self)


@dataclass(slots=True)
class _Target:
    """A node to dial, and how that went so far."""

    address: Address
    dialling: asyncio.Task[None] | None = None
    wait_ms: int = BACKOFF_LEAST_MS
    next_ms: int = 0


class DataLinks:
    """All links of one node. Lives in the event loop that started it; `tick` keeps it going."""

    def __init__(
        self, ring: KeyRing, receiver: Receiver, *, clock_ms: Callable[[], int], rng: random.Random | None = None
    ) -> None:
        self.receiver = receiver
        self.me: Party | None = None
        """Who this node is; nothing is dialled or accepted before that is known."""
        self.counters: Counter[str] = Counter()
        self._ring = ring
        self._clock_ms = clock_ms
        self._rng = rng or random.SystemRandom()
        self._server: asyncio.Server | None = None
        self._targets: dict[NodeId, _Target] = {}
        self._known: tuple[NodeId, ...] = ()
        self._accepted: dict[DataWire, None] = {}
        self._links: dict[NodeId, DataWire] = {}

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port (of use when `port` is 0). Raises OSError."""
        loop = asyncio.get_running_loop()
        family = await family_of(host)
        self._server = await loop.create_server(self._accept, host, port, family=family, backlog=STRANGERS_MAX)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Close everything; links that were up go down without a word to the receiver."""
        if self._server is not None:
            self._server.close()
        tasks = [target.dialling for target in self._targets.values() if target.dialling is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        wires = [*self._accepted, *self._links.values()]
        self._targets.clear()
        self._links.clear()
        for wire in wires:
            wire.linked = False
            wire.close()

    def set_nodes(self, me: Party, addresses: Mapping[NodeId, Address]) -> None:
        """Be `me`, and keep links to these nodes; links to those that were among them and are no more end."""
        for node in [node for node in self._known if node not in addresses]:
            self.close(node)
        self.me = me
        self._known = tuple(addresses)
        wanted = {node: address for node, address in addresses.items() if node > me.node}
        for node in [node for node in self._targets if node not in wanted]:
            target = self._targets.pop(node)
            if target.dialling is not None:
                target.dialling.cancel()
        for node, address in wanted.items():
            target = self._targets.setdefault(node, _Target(address))
            if target.address != address:
                target.address, target.next_ms = address, 0
        self.tick()

    def write(self, node: NodeId, batch: bytes) -> None:
        """Write a batch; lost when the link has just broken."""
        wire = self._links.get(node)
        if wire is not None:
            wire.write(batch)

    def is_congested(self, node: NodeId) -> bool:
        """Whether batches for a node should wait; `writable` tells when no longer."""
        wire = self._links.get(node)
        return wire is None or wire.congested

    def close(self, node: NodeId) -> None:
        """End the link to a node; it will be dialled again if it is one of those to keep."""
        wire = self._links.get(node)
        if wire is not None:
            wire.close()
            self.lost(wire)

    def tick(self) -> None:
        """Dial who is missing, and end connections whose handshake takes too long."""
        now_ms = self._clock_ms()
        for wire in list(self._accepted):
            if not wire.stream.established and now_ms - wire.begun_ms >= HANDSHAKE_MS:
                self.refuse(wire, "handshake_timeout")
        for node, target in self._targets.items():
            if self.me is None or node in self._links or target.dialling is not None or now_ms < target.next_ms:
                continue
            stream = SealedStream.dial(self._ring, self.me, Purpose.DATA, expects=node)
            target.dialling = asyncio.get_running_loop().create_task(self._dial(DataWire(self, stream, now_ms), target))

    # What wires say ---------------------------------------------------------------------------------------------------

    def admit(self, wire: DataWire) -> bool:
        """Whether a connection may go on to its handshake."""
        if wire.is_over():
            return False
        if wire.stream.purpose is not None:
            return True
        strangers = [other for other in self._accepted if not (other.stream.established or other.is_over())]
        if len(strangers) >= STRANGERS_MAX:
            self.refuse(strangers[0], "crowd")
        self._accepted[wire] = None
        return True

    def established(self, wire: DataWire) -> None:
        """Both ends know each other: from here on it is a link, or a guest's connection."""
        if wire.stream.purpose is Purpose.GUEST:
            if sum(other.stream.purpose is Purpose.GUEST for other in self._accepted) > GUESTS_MAX:
                self.refuse(wire, "guests")
            return
        if wire in self._accepted and self.me is not None and wire.peer > self.me.node:
            self.refuse(wire, "direction")
            return
        older = self._links.get(wire.peer)
        if older is not None:
            self.counters["replaced"] += 1
            older.close()
            self.lost(older)
        self._links[wire.peer] = wire
        wire.linked = True
        self.receiver.link_up(wire.peer)

    def received(self, wire: DataWire, batch: bytes) -> None:
        """Hand a batch to the receiver."""
        try:
            if wire.linked:
                self.receiver.received(wire.peer, batch)
            elif wire.congested:
                self.refuse(wire, "unread")
            else:
                wire.write(self.receiver.guest_received(batch))
        except Refused:
            self.refuse(wire, "batch")

    def refuse(self, wire: DataWire, reason: str) -> None:
        """Close a connection that is not to be trusted, and count it."""
        self.counters[f"refused_{reason}"] += 1
        wire.close()

    def lost(self, wire: DataWire) -> None:
        """A connection is gone."""
        self._accepted.pop(wire, None)
        if wire.linked:
            wire.linked = False
            del self._links[wire.peer]
            self.receiver.link_down(wire.peer)

    # Inside -----------------------------------------------------------------------------------------------------------

    def _accept(self) -> DataWire:
        me = self.me or Party(NO_NODE)
        purposes = PURPOSES if self.me is not None else frozenset[Purpose]()
        return DataWire(self, SealedStream.accept(self._ring, me, purposes), self._clock_ms())

    async def _dial(self, wire: DataWire, target: _Target) -> None:
        """Connect and shake hands; the next attempt waits longer each time."""
        try:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(HANDSHAKE_MS / 1_000):
                    await asyncio.get_running_loop().create_connection(lambda: wire, *target.address)
                    await wire.settled.wait()
        finally:
            target.dialling = None
            if not wire.linked:  # Also when nobody wants it any more: else it could still become a link later.
                wire.close()
        if wire.linked:
            target.wait_ms = BACKOFF_LEAST_MS
            return
        wait_ms = target.wait_ms // 2 + int(self._rng.random() * target.wait_ms / 2)
        target.next_ms = self._clock_ms() + wait_ms
        target.wait_ms = min(2 * target.wait_ms, BACKOFF_MOST_MS)
