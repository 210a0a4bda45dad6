"""An open WebSocket: frames to and from one peer, its timeouts and its end. Calls a sink; knows nothing of ASGI.

Made to be small, for most connections are idle most of the time: no task, no timer, no buffer of its own between two
messages, and what all have in common is in `Shared`.
"""

import asyncio
import logging
from typing import Final, cast

from apps.edge.asgi import Run, Sink
from apps.edge.protocol.frames import CloseCode, Opcode, close_frame, control_frame, text_frame
from apps.edge.protocol.reader import Broken, Closing, Event, FrameReader, Ping
from apps.edge.shared import Shared
from apps.edge.wheel import SLOTS, Entry

OPEN: Final = 0
CLOSING: Final = 1
"""Our close frame is sent, the peer's is awaited; its messages are dropped."""
LEAVING: Final = 2
"""The peer's close frame is here and will be answered as soon as the application has seen what came before it."""
ENDING: Final = 3
"""Nothing is read or written any more, the transport has still to flush or the peer to hang up."""
LOST: Final = 4

NEVER: Final = -1

_PING: Final = control_frame(Opcode.PING, b"")

logger = logging.getLogger(__name__)


class Connection(Entry, asyncio.Protocol):
    """The server's side of an open WebSocket, and the `Socket` of its sink."""

    __slots__ = (
        "_admission_key",
        "_congested_tick",
        "_control_frames",
        "_heard_tick",
        "_is_paused",
        "_message_tick",
        "_peer",
        "_pinged_tick",
        "_reader",
        "_shared",
        "_sink",
        "_state",
        "_transport",
    )

    def __init__(self, transport: asyncio.Transport, shared: Shared, sink: Sink, peer: str, admission_key: str) -> None:
        super().__init__()
        self._peer = peer
        self._transport = transport
        self._shared = shared
        self._sink: Sink | None = sink
        self._admission_key = admission_key
        self._reader: FrameReader | None = None
        self._state = OPEN
        self._is_paused = False
        self._heard_tick = self._message_tick = shared.wheel.now
        self._pinged_tick = self._congested_tick = NEVER
        self._control_frames = 0
        transport.set_write_buffer_limits(shared.config.high_water_bytes, shared.config.low_water_bytes)
        self._sleep()

    @property
    def peer(self) -> str:
        """Address of the client. Kept only where a proxy said it; else the transport knows, until it is closed."""
        if self._peer:
            return self._peer
        try:
            return str(self._transport.get_extra_info("peername")[0])
        except (RuntimeError, OSError, TypeError, IndexError):  # closed, or a Unix socket
            return ""

    @property
    def is_open(self) -> bool:
        """Whether messages may still be sent."""
        return self._state in {OPEN, LEAVING}

    @property
    def buffered_bytes(self) -> int:
        """What the peer has not taken yet, as far as this process knows."""
        try:
            return self._transport.get_write_buffer_size()
        except RuntimeError:  # uvloop's, of a transport that is closed
            return 0

    @property
    def congested(self) -> bool:
        """Whether more than the high-water mark waits, or did and it is not yet less than the low one."""
        return self._congested_tick != NEVER

    def send_text(self, text: str) -> None:
        """Send one text message; dropped unless the connection is open."""
        self.send_frame(text_frame(text))

    def send_frame(self, frame: bytes) -> None:
        """Send a whole frame, made once for any number of peers; dropped unless the connection is open."""
        if self._state == OPEN or self._state == LEAVING:  # noqa: PLR1714 - the quickest way to ask
            self._write(frame)

    def close(self, code: int, reason: str = "") -> None:
        """Begin the close handshake; nothing is sent or delivered behind it. Raises ValueError for a forbidden code."""
        frame = close_frame(code, reason)
        if self.is_open:
            self._write(frame)
        if self._state == LEAVING:
            self._hang_up(self._sink.closing_code if isinstance(self._sink, Run) else code)
        elif self._state == OPEN:  # the write may have been the one too many
            self._state = CLOSING
            self._shared.wheel.schedule(self, self._shared.timing.close)
            self.resume_reading()

    def abort(self) -> None:
        """Cut the connection; the sink hears of it soon after."""
        if self._state != LOST:
            self._state = ENDING
            self._reader = None
            self._transport.abort()

    def drop_slow(self) -> None:
        """Cut a peer that takes too little."""
        self._shared.counters.slow_dropped += 1
        self.abort()
        self._shared.ease(self)

    def hand_over(self, sink: Sink, closed_code: int | None = None) -> None:
        """Call this sink from now on; `closed_code` is what the one before it was told, if it was."""
        if closed_code is not None:
            self._shared.tell_closed(sink, closed_code)
        else:
            self._sink = sink

    def pause_reading(self) -> None:
        """Take nothing more from the peer, not even what is here already."""
        if not self._is_paused and self._state == OPEN:
            self._is_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take from the peer again, what is here already a little later."""
        if self._is_paused:
            self._is_paused = False
            if self._state < ENDING:
                self._transport.resume_reading()
                asyncio.get_running_loop().call_soon(self._read_on)

    def fail(self) -> None:
        """Close because the application failed, while its exception is being handled."""
        self._shared.counters.failures += 1
        logger.exception("the application failed on a socket", extra={"peer": self.peer})
        self.close(CloseCode.INTERNAL_ERROR, "internal error")

    def data_received(self, data: bytes) -> None:
        """Bytes came from the peer."""
        shared = self._shared
        shared.counters.bytes_in += len(data)
        if self._heard_tick != shared.wheel.now:
            self._heard_tick = shared.wheel.now
            self._control_frames = 0
        if self._state <= CLOSING:
            reader = self._reader or shared.borrow_reader()
            reader.feed(data)
            self._read(reader)

    def eof_received(self) -> None:
        """The peer sends no more; the transport closes, for there is nothing to be had from half a connection."""

    def pause_writing(self) -> None:
        """More than the high-water mark waits for the peer."""
        self._congested_tick = self._shared.wheel.now
        self._shared.congest(self)
        if self._state == OPEN:
            self._sleep()

    def resume_writing(self) -> None:
        """Less than the low-water mark waits for the peer."""
        self._congested_tick = NEVER
        ping = self._shared.ease(self)
        if self._state != OPEN or self._sink is None:
            return
        if ping is not None:
            self._write(control_frame(Opcode.PONG, ping))
        try:
            self._sink.writable()
        except Exception:
            self.fail()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, for whatever reason."""
        self._state = LOST
        self._reader = None
        self._shared.wheel.cancel(self)
        self._shared.ease(self)
        self._shared.leave(self._admission_key)
        self._tell_closed(CloseCode.ABNORMAL)

    def due(self) -> None:
        """The wheel looks after the timeouts."""
        timing, now = self._shared.timing, self._shared.wheel.now
        if self._state == LEAVING:
            self._shared.counters.timeouts["close"] += 1
            self.close(CloseCode.NORMAL)
        elif self._state != OPEN:
            self._time_out("close")
        elif self.congested and timing.stall and now - self._congested_tick >= timing.stall:
            self._shared.counters.slow_dropped += 1
            self._time_out("stall")
        elif self._is_paused:  # it is we who do not listen
            self._heard_tick = self._message_tick = now
            self._sleep()
        elif timing.idle and now - self._message_tick >= timing.idle:
            self._shared.counters.timeouts["idle"] += 1
            self.close(CloseCode.GOING_AWAY, "idle")
        elif timing.ping and not self._lives(now):
            self._time_out("pong")
        else:
            self._sleep()

    def _lives(self, now: int) -> bool:
        """Ping a silent peer; tell whether one that was pinged still has time or was heard of."""
        timing = self._shared.timing
        if self._pinged_tick == NEVER or self._heard_tick >= self._pinged_tick:
            self._pinged_tick = NEVER
            if now - self._heard_tick >= timing.ping:
                self._pinged_tick = now
                self._write(_PING)
            return True
        return now - self._pinged_tick < timing.pong

    def _sleep(self) -> None:
        """Have the wheel wake us when the next timeout may have come."""
        timing, now = self._shared.timing, self._shared.wheel.now
        ticks = SLOTS
        if timing.stall and self.congested:
            ticks = self._congested_tick + timing.stall - now
        if timing.idle:
            ticks = min(ticks, self._message_tick + timing.idle - now)
        if self._pinged_tick != NEVER:
            ticks = min(ticks, self._pinged_tick + timing.pong - now)
        elif timing.ping:
            ticks = min(ticks, self._heard_tick + timing.ping - now)
        self._shared.wheel.schedule(self, ticks)

    def _time_out(self, timeout: str) -> None:
        self._shared.counters.timeouts[timeout] += 1
        self.abort()

    def _read_on(self) -> None:
        if self._reader is not None:
            self._read(self._reader)

    def _read(self, reader: FrameReader) -> None:
        while self._state <= CLOSING and not self._is_paused and (event := reader.take()) is not None:
            self._take(event)
        if reader.is_idle:
            self._reader = None
            self._shared.give_back(reader)
        elif self._state < ENDING:
            self._reader = reader

    def _take(self, event: Event) -> None:
        self._shared.counters.frames_in += 1
        if isinstance(event, str | bytes):
            if self._state == OPEN:
                self._message_tick = self._heard_tick
                try:
                    cast("Sink", self._sink).received(event)
                except Exception:
                    self.fail()
        elif isinstance(event, Closing):
            self._leave(event)
        elif isinstance(event, Broken):
            self._fail_connection(event)
        else:
            self._control_frames += 1
            if self._control_frames > self._shared.config.control_frames_per_tick > 0:
                self._fail_connection(Broken(CloseCode.POLICY, "too many control frames"))
            elif isinstance(event, Ping) and self._state == OPEN:
                self._answer(event)

    def _answer(self, ping: Ping) -> None:
        if self.congested:
            self._shared.congested[self] = ping.payload
        else:
            self._write(control_frame(Opcode.PONG, ping.payload))

    def finish(self, closing: Closing) -> None:
        """Answer the peer's close frame, whoever was first; the server hangs up first (§7.1.1)."""
        if self.is_open:
            self._write(close_frame(closing.code))
        self._hang_up(closing.code)

    def _leave(self, closing: Closing) -> None:
        """The peer closes: at once, unless an application has messages to receive and may want to answer them."""
        sink = self._sink
        if self._state == OPEN and isinstance(sink, Run) and sink.defers(closing):
            self.pause_reading()
            self._state = LEAVING
            self._shared.wheel.schedule(self, self._shared.timing.close)
        else:
            self.finish(closing)

    def _hang_up(self, code: int) -> None:
        self._end(code)
        self._transport.close()

    def _fail_connection(self, broken: Broken) -> None:
        """Say why, then only read until the peer hangs up: closing at once would destroy what it has not read yet."""
        self._shared.counters.broken[int(broken.code)] += 1
        if self._state == OPEN:
            self._write(close_frame(broken.code, broken.reason))
        self._end(CloseCode.ABNORMAL)
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _end(self, code: int) -> None:
        """Exchange nothing any more; what is still to be flushed has as long as a close handshake."""
        self._state = ENDING
        self._reader = None
        self._shared.wheel.schedule(self, self._shared.timing.close)
        self._tell_closed(code)

    def _tell_closed(self, code: int) -> None:
        sink, self._sink = self._sink, None
        if sink is not None:
            self._shared.tell_closed(sink, code)

    def _write(self, data: bytes) -> None:
        """Hand bytes to the transport; a peer for whom far too much waits is dropped."""
        counters = self._shared.counters
        counters.frames_out += 1
        counters.bytes_out += len(data)
        try:
            self._transport.write(data)
        except RuntimeError:  # uvloop's, of a transport that is closed and has not said so yet
            return
        if self._congested_tick == NEVER:
            return
        if self.buffered_bytes > self._shared.config.buffer_limit_bytes:
            self.drop_slow()
        else:
            self._shared.pile_up(len(data))
