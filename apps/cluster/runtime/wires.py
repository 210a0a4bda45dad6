"""One TCP connection between two processes of a cluster: sealed, cut into frames, written once per turn of the loop.

Not here: who connects to whom and when, and what the frames mean.
"""

import asyncio
import socket
from collections import deque
from typing import Protocol, cast

from apps.cluster.runtime.sealing import RECORD_MAX_BYTES, SealedStream, SealError

FRAME_MAX_BYTES = 32 << 20
"""The longest frame; a longer one closes the connection it comes from, and is not sent. Large enough for a state."""
QUEUE_MAX_BYTES = 64 << 20
"""What may wait to be written on one connection."""
QUEUE_MAX_FRAMES = 4_096
"""At either bound the oldest waiting frame is dropped: what is inside recovers by itself from losing messages."""
UNACKNOWLEDGED_MS = 3_000
"""The system gives a connection up when the other side has not acknowledged anything for so long (where it can)."""

PART = RECORD_MAX_BYTES - 1
LAST, MORE = b"\x00", b"\x01"


class FrameTooLong(Exception):
    """A frame beyond FRAME_MAX_BYTES."""


class Owner(Protocol):
    """Who is told what happens on a connection."""

    def established(self, wire: "Wire") -> None:
        """Both ends know each other."""

    def frame_received(self, wire: "Wire", frame: bytes) -> None:
        """A whole frame has come."""

    def frame_dropped(self, wire: "Wire") -> None:
        """The queue is full; its oldest frame is gone."""

    def closed(self, wire: "Wire", reason: str) -> None:
        """The connection is over: `lost`, or why it was not trusted."""


class Wire(asyncio.Protocol):
    """A connection. Frames wait in it until the handshake is over and while the other side is slow."""

    def __init__(self, stream: SealedStream, owner: Owner, now_ms: int) -> None:
        self.stream = stream
        self.begun_ms = now_ms
        self.used_ms = now_ms
        """When a frame last came or went; the owner keeps it."""
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._queue: deque[bytes] = deque()
        self._queued_bytes = 0
        self._parts: list[bytes] = []
        self._parts_bytes = 0
        self._paused = False
        self._flush_planned = False
        self._reason = "lost"
        self._over = False

    @property
    def over(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._over

    def send(self, frame: bytes) -> None:
        """Write a frame soon. Raises FrameTooLong."""
        if len(frame) > FRAME_MAX_BYTES:
            raise FrameTooLong
        self._queue.append(frame)
        self._queued_bytes += len(frame)
        while len(self._queue) > QUEUE_MAX_FRAMES or self._queued_bytes > QUEUE_MAX_BYTES:
            self._queued_bytes -= len(self._queue.popleft())
            self._owner.frame_dropped(self)
        self._plan_flush()

    def close(self, reason: str = "lost") -> None:
        """End the connection now."""
        if self._over:
            return
        self._over, self._reason = True, reason
        self._queue.clear()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake, unless it was given up meanwhile."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its bases.
        if self._over:
            self._transport.abort()
            return
        tune(transport.get_extra_info("socket"))
        self._transport.write(self.stream.outgoing())

    def data_received(self, data: bytes) -> None:
        """Open what came; whoever sends what cannot be opened is not listened to any more."""
        was_established = self.stream.established
        try:
            payloads = self.stream.receive(data)
        except SealError as error:
            self.close(error.reason)
            return
        outgoing = self.stream.outgoing()
        if outgoing and self._transport is not None:
            self._transport.write(outgoing)
        if self.stream.established and not was_established:
            self._owner.established(self)
            self._plan_flush()
        for payload in payloads:
            if self._over:
                return
            self._assemble(payload)

    def pause_writing(self) -> None:
        """The other side is slow."""
        self._paused = True

    def resume_writing(self) -> None:
        """It has caught up."""
        self._paused = False
        self._plan_flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say it once to the owner."""
        self._over = True
        self._queue.clear()
        self._owner.closed(self, self._reason)

    def _assemble(self, payload: bytes) -> None:
        self._parts_bytes += len(payload)
        if not payload or self._parts_bytes > FRAME_MAX_BYTES + len(self._parts) + 1:
            self.close("malformed")
            return
        self._parts.append(payload[1:])
        if payload[:1] == LAST:
            frame = b"".join(self._parts) if len(self._parts) > 1 else self._parts[0]
            self._parts, self._parts_bytes = [], 0
            self._owner.frame_received(self, frame)

    def _plan_flush(self) -> None:
        if self._queue and not self._flush_planned:
            self._flush_planned = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_planned = False
        if self._over or self._paused or self._transport is None or not self.stream.established:
            return
        records: list[bytes] = []
        while self._queue:
            frame = self._queue.popleft()
            last = max(0, len(frame) - 1) // PART * PART
            records += [self.stream.seal(MORE + frame[at : at + PART]) for at in range(0, last, PART)]
            records.append(self.stream.seal(LAST + frame[last:]))
        self._queued_bytes = 0
        self._transport.write(b"".join(records))


def tune(connection: socket.socket | None) -> None:
    """Send at once, and let the system give up a connection whose other side is gone."""
    if connection is None:
        return
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
