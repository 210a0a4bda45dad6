"""The control port of a node: links to other nodes for what must not be lost easily, and the questions of operators.

A node dials whom it wants to say something to, and only listens on links it was dialled on. Everything is bounded:
links, strangers, queues, patience. Not here: what is said, and the datagrams on the port of the same number.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from apps.cluster.core.gossip import Address
from apps.cluster.core.ids import NodeId
from apps.cluster.core.node import ControlMessage
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.names import family_of
from apps.cluster.runtime.sealing import UNDECODABLE, Party, Purpose, SealedStream
from apps.cluster.runtime.wires import FrameTooLong, Wire

HANDSHAKE_MS = 3_000
"""How long a handshake, with the connection before it, may take; then it is given up."""
IDLE_MS = 60_000
"""A link nobody uses is closed after this by the one who dialled, and after twice this by the other."""
STRANGERS_MAX = 64
"""Connections that have not said who they are; for one more the oldest is ended. Whoever has the key needs only a
moment to say so, so those that say nothing cannot keep nodes out by being many."""
LINKS_MAX = 1_024
"""Links others have dialled; one more is refused at once."""
LINKS_PER_NODE_MAX = 4
"""Links one node has dialled; one more ends its oldest (of a former life of that node, most often)."""
OPERATORS_MAX = 16
"""Operators connected at a time; one more is refused at once."""
TASKS_MAX = 256
"""Dials and questions under way; one more question ends its connection."""
BACKOFF_LEAST_MS = 50
BACKOFF_MOST_MS = 1_000
"""After a failed dial the next one waits from the least, doubled each time, to the most; half of it is chance."""
SWEEP_MS = 500
"""How often idle and slow connections are looked for."""

ENCODER = msgspec.msgpack.Encoder()
MESSAGE = msgspec.msgpack.Decoder(ControlMessage)
PURPOSES = frozenset({Purpose.CONTROL, Purpose.OPERATOR})

Answerer = Callable[[bytes], Awaitable[bytes]]
Target = tuple[NodeId, Address]


@dataclass(slots=True)
class Backoff:
    """How a target has treated the last dials."""

    wait_ms: int
    until_ms: int


class Links:
    """Lives in the event loop that started it. `counters` are shared with the other parts of the runtime."""

    def __init__(
        self,
        ring: KeyRing,
        me: Party,
        *,
        receive: Callable[[NodeId, ControlMessage], None],
        answer: Answerer,
        clock_ms: Callable[[], int],
        counters: Counter[str],
        rng: random.Random,
    ) -> None:
        self.me = me
        """Who new connections are told this is; the owner keeps it true."""
        self._ring = ring
        self._receive = receive
        self._answer = answer
        self._clock_ms = clock_ms
        self._counters = counters
        self._rng = rng
        self._server: asyncio.Server | None = None
        self._dialled: dict[Target, Wire] = {}
        self._target_of: dict[Wire, Target] = {}
        self._backoff: dict[Target, Backoff] = {}
        self._accepted: dict[Wire, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.TimerHandle | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port (of use when `port` is 0). Raises OSError."""
        loop = asyncio.get_running_loop()
        family = await family_of(host)
        self._server = await loop.create_server(self._accept, host, port, family=family, backlog=STRANGERS_MAX)
        self._sweeper = loop.call_later(SWEEP_MS / 1_000, self._sweep)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Close everything."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self._server is not None:
            self._server.close()
        for wire in [*self._dialled.values(), *self._accepted]:
            wire.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def send(self, node: NodeId, address: Address, message: ControlMessage) -> None:
        """Send to a node at an address, or to whoever answers there (NO_NODE). May be lost; is never held for long."""
        target = (node, address)
        wire = self._dialled.get(target)
        if wire is None:
            wire = self._dial(target)
        if wire is None:
            self._counters["tcp_unreachable"] += 1
            return
        wire.used_ms = self._clock_ms()
        try:
            wire.send(ENCODER.encode(message))
        except FrameTooLong:
            self._counters["tcp_too_long"] += 1

    def count(self) -> tuple[int, int]:
        """Return how many links there are: dialled, and accepted."""
        return len(self._dialled), len(self._accepted)

    def established(self, wire: Wire) -> None:
        """Forget earlier failures of a target; bound what one node may dial."""
        target = self._target_of.get(wire)
        if target is not None:
            self._backoff.pop(target, None)
            return
        peer = wire.stream.peer
        if wire.stream.purpose is Purpose.OPERATOR:
            if sum(other.stream.purpose is Purpose.OPERATOR for other in self._accepted) > OPERATORS_MAX:
                wire.close("operators")
            return
        same = [other for other in self._accepted if other.stream.peer == peer]
        if len(same) > LINKS_PER_NODE_MAX:
            same[0].close("replaced")

    def frame_received(self, wire: Wire, frame: bytes) -> None:
        """Hand a message in; what nobody understands is dropped, and the link goes on."""
        wire.used_ms = self._clock_ms()
        peer = wire.stream.peer
        if wire in self._target_of or peer is None:
            self._counters["tcp_unexpected"] += 1
        elif wire.stream.purpose is Purpose.OPERATOR:
            self._question(wire, frame)
        else:
            try:
                message = MESSAGE.decode(frame)
            except UNDECODABLE:
                self._counters["tcp_undecodable"] += 1
                return
            self._receive(peer.node, message)

    def frame_dropped(self, wire: Wire) -> None:
        """Count it."""
        self._counters["tcp_dropped"] += 1

    def closed(self, wire: Wire, reason: str) -> None:
        """Forget a connection."""
        self._accepted.pop(wire, None)
        self._lose(wire)
        self._counters[f"tcp_closed_{reason}"] += 1

    def _accept(self) -> asyncio.Protocol:
        now_ms = self._clock_ms()
        wire = Wire(SealedStream.accept(self._ring, self.me, PURPOSES), self, now_ms)
        strangers = [other for other in self._accepted if not (other.stream.established or other.over)]
        if len(strangers) >= STRANGERS_MAX:
            strangers[0].close("full")
        if len(self._accepted) >= LINKS_MAX:
            wire.close("full")
        else:
            self._accepted[wire] = None
        return wire

    def _dial(self, target: Target) -> Wire | None:
        now_ms = self._clock_ms()
        backoff = self._backoff.get(target)
        if backoff is not None and now_ms < backoff.until_ms:
            return None
        if len(self._dialled) >= LINKS_MAX or len(self._tasks) >= TASKS_MAX:
            return None
        wire = Wire(SealedStream.dial(self._ring, self.me, Purpose.CONTROL, target[0]), self, now_ms)
        self._dialled[target] = wire
        self._target_of[wire] = target
        self._spawn(self._connect(wire, target[1]))
        return wire

    async def _connect(self, wire: Wire, address: Address) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_MS / 1_000):
                await asyncio.get_running_loop().create_connection(lambda: wire, *address)
        except (OSError, TimeoutError):
            wire.close()
            self._lose(wire)
            self._counters["tcp_dial_failed"] += 1

    def _lose(self, wire: Wire) -> None:
        target = self._target_of.pop(wire, None)
        if target is None:
            return
        del self._dialled[target]
        if wire.stream.established:
            return
        before = self._backoff.pop(target, None)
        wait_ms = min(BACKOFF_MOST_MS, 2 * before.wait_ms) if before is not None else BACKOFF_LEAST_MS
        pause_ms = wait_ms // 2 + int(self._rng.random() * (wait_ms // 2))
        self._backoff[target] = Backoff(wait_ms, self._clock_ms() + pause_ms)
        if len(self._backoff) > LINKS_MAX:
            del self._backoff[next(iter(self._backoff))]

    def _sweep(self) -> None:
        now_ms = self._clock_ms()
        for wire in [*self._dialled.values(), *self._accepted]:
            patience_ms = IDLE_MS if wire in self._target_of else 2 * IDLE_MS
            if not wire.stream.established and now_ms - wire.begun_ms >= HANDSHAKE_MS:
                wire.close("slow")
            elif now_ms - wire.used_ms >= patience_ms:
                wire.close("idle")
        self._sweeper = asyncio.get_running_loop().call_later(SWEEP_MS / 1_000, self._sweep)

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _question(self, wire: Wire, frame: bytes) -> None:
        if len(self._tasks) < TASKS_MAX:
            self._spawn(self._reply(wire, frame))
        else:
            wire.close("operators")

    async def _reply(self, wire: Wire, frame: bytes) -> None:
        reply = await self._answer(frame)
        if not wire.over:
            wire.send(reply)
