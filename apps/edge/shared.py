"""What all connections of one server have in common, so that none of them has to carry it."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from apps.edge.admission import Admission
from apps.edge.config import EdgeConfig
from apps.edge.counters import Counters
from apps.edge.protocol.proxies import TrustedProxies
from apps.edge.protocol.reader import FrameReader
from apps.edge.wheel import Wheel, ticks_of

if TYPE_CHECKING:
    from apps.edge.asgi import Sink
    from apps.edge.connection import Connection

logger = logging.getLogger(__name__)

RELIEF_BYTES: Final = 16_777_216
"""So much more may be written to congested peers before what waits for all of them is looked at again, between ticks:
by so much their common bound may be exceeded."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The timeouts of the configuration in ticks; 0 is off."""

    handshake: int
    ping: int
    pong: int
    idle: int
    close: int
    stall: int


def timing_of(config: EdgeConfig) -> Timing:
    """Count the timeouts in ticks."""

    def ticks(seconds: float) -> int:
        return ticks_of(seconds) if seconds else 0

    return Timing(
        handshake=ticks(config.handshake_timeout_s),
        ping=ticks(config.ping_interval_s),
        pong=ticks_of(config.pong_timeout_s),
        idle=ticks(config.idle_timeout_s),
        close=ticks_of(config.close_timeout_s),
        stall=ticks(config.stall_timeout_s),
    )


class Shared:
    """One per server."""

    __slots__ = (
        "_hushed",
        "_is_empty",
        "_is_tight",
        "_piled_bytes",
        "_spare_reader",
        "admission",
        "config",
        "congested",
        "counters",
        "is_draining",
        "proxies",
        "tasks",
        "timing",
        "wheel",
    )

    def __init__(self, config: EdgeConfig) -> None:
        self.config = config
        self.counters = Counters()
        self.wheel = Wheel()
        self.timing = timing_of(config)
        self.admission = Admission(config)
        self.proxies = TrustedProxies(config.trusted_proxies)
        self.tasks: set[asyncio.Task[Any]] = set()
        self.is_draining = False
        self.congested: dict[Connection, bytes | None] = {}
        """Congested peers, and the latest ping of each, answered once it has caught up (RFC 6455 §5.5.3)."""
        self._piled_bytes = 0
        self._is_tight = False
        self._hushed: set[Connection] = set()
        """Congested peers that are not listened to, because much waits for all of them together."""
        self._spare_reader: FrameReader | None = None
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    def borrow_reader(self) -> FrameReader:
        """A reader that holds nothing: the spare one, as a rule."""
        reader, self._spare_reader = self._spare_reader, None
        return reader or FrameReader(self.config.frames)

    def give_back(self, reader: FrameReader) -> None:
        """Keep a reader that holds nothing for the next who needs one."""
        self._spare_reader = reader

    def congest(self, connection: "Connection") -> None:
        """More than its high-water mark waits for a peer."""
        self.congested[connection] = None
        if self._is_tight:
            self._hush(connection)

    def ease(self, connection: "Connection") -> bytes | None:
        """A peer is not congested any more, or gone: return its latest ping, if it waits for an answer."""
        if connection in self._hushed:
            self._hushed.discard(connection)
            connection.resume_reading()
        return self.congested.pop(connection, None)

    def pile_up(self, size_bytes: int) -> None:
        """More was written to a congested peer: look in time what waits for all of them."""
        self._piled_bytes += size_bytes
        if self._piled_bytes >= RELIEF_BYTES:
            self.relieve()

    def relieve(self) -> None:
        """While more waits for all congested peers than may, drop those for whom most waits.

        From half of it on they are not listened to: what is dropped is only freed when the loop has turned, and within
        one turn each of them may ask for megabytes more.
        """
        self._piled_bytes = 0
        limit = self.config.total_buffer_bytes
        if not limit or not (self.congested or self._is_tight):
            return
        waiting = {connection: connection.buffered_bytes for connection in self.congested}
        total = sum(waiting.values())
        for connection in sorted(waiting, key=lambda each: waiting[each], reverse=True):
            if total <= limit:
                break
            total -= waiting[connection]
            connection.drop_slow()
        self._tighten(total > limit // 2)

    def _tighten(self, is_tight: bool) -> None:
        self._is_tight = is_tight
        if is_tight:
            for connection in self.congested:
                self._hush(connection)
        else:
            hushed, self._hushed = self._hushed, set()
            for connection in hushed:
                connection.resume_reading()

    def _hush(self, connection: "Connection") -> None:
        self._hushed.add(connection)
        connection.pause_reading()

    def tell_closed(self, sink: "Sink", code: int) -> None:
        """Tell a sink that its socket is over; what it makes of that is its own matter."""
        try:
            sink.closed(code)
        except Exception:
            self.counters.failures += 1
            logger.exception("a sink failed at the end of its socket")

    def enter(self) -> None:
        """A peer connected."""
        self.counters.open += 1
        self._is_empty.clear()

    def leave(self, admission_key: str) -> None:
        """A connection that was counted in is gone."""
        self.counters.open -= 1
        self.admission.leave(admission_key)
        if not self.counters.open:
            self._is_empty.set()

    async def emptied(self, timeout_s: float) -> None:
        """Wait until no connection and no application is left, at most about this long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._is_empty.wait(), timeout_s)
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=timeout_s)
