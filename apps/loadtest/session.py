"""One lean session: a socket, its WebSocket framing, and what little must be kept of a signed-in terminal.

No task, no timer and no buffer of its own while it is idle, so that a process holds tens of thousands. What frames
mean, and when to connect, is the owner's business.
"""

import asyncio
from typing import Any, Final, Protocol, cast

from apps.loadtest.framing import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    FramingRefused,
    client_frame,
    close_code,
    handshake_end,
    parse_frame,
)
from apps.loadtest.ledger import View

CLOSED: Final = 0
DIALLING: Final = 1
UPGRADING: Final = 2
SIGNING_IN: Final = 3
OPEN: Final = 4

BROKEN: Final = 1006
"""Close code of a connection that ended without a close frame (RFC 6455 §7.1.5)."""


class Owner(Protocol):
    """Who has the sessions: what they need from it, and what it is told."""

    def mask_key(self) -> bytes:
        """Return four bytes to mask a frame with."""

    def request(self, session: "Session") -> tuple[bytes, bytes]:
        """Return the opening request and the accept key to expect."""

    def upgraded(self, session: "Session") -> None:
        """The WebSocket is open."""

    def received(self, session: "Session", payload: bytes) -> None:
        """One text message came."""

    def ended(self, session: "Session", reason: str) -> None:
        """The connection is over; `reason` is a close code or a word of what went wrong."""


class Session(asyncio.Protocol):
    """One terminal of one user. `beats`: heartbeats without an answer, -1 while not signed in."""

    __slots__ = (
        "_end",
        "_expected",
        "_rest",
        "_transport",
        "beats",
        "began_ns",
        "detour",
        "failures",
        "index",
        "meant",
        "owner",
        "phase",
        "place",
        "seen_ms",
        "views",
    )

    def __init__(self, owner: Owner, index: int, place: int) -> None:
        self.owner = owner
        self.index = index
        self.place = place
        self.phase = CLOSED
        self.seen_ms = 0
        self.began_ns = 0
        self.beats = -1
        self.failures = 0
        self.detour = ""
        self.meant = False
        self.views: dict[str, View] | None = None
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._expected: bytes | None = None
        self._end = ""

    def send(self, payload: bytes) -> None:
        """Send one text message; dropped without a connection."""
        self.send_frame(client_frame(TEXT, payload, self.owner.mask_key()))

    def send_frame(self, frame: bytes) -> None:
        """Send a whole frame, masked already; dropped without a connection."""
        if self._transport is not None:
            self._transport.write(frame)

    def close(self) -> None:
        """Begin the close handshake; the server ends it."""
        if self._transport is not None:
            self._transport.write(client_frame(CLOSE, b"\x03\xe8", self.owner.mask_key()))

    def abort(self, reason: str) -> None:
        """Break the connection, as when a cable is pulled."""
        if self._transport is not None:
            self._end = self._end or reason
            self._transport.abort()

    def stop_reading(self) -> None:
        """Take nothing from the network until `go_on_reading`."""
        if self._transport is not None:
            self._transport.pause_reading()

    def go_on_reading(self) -> None:
        """Take what has come meanwhile."""
        if self._transport is not None:
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio hands over the transport; ask for the upgrade."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by behaviour, not by class
        self.phase = UPGRADING
        self._rest, self._end = b"", ""
        request, self._expected = self.owner.request(self)
        self._transport.write(request)

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is over, one way or the other."""
        self._transport = None
        self._rest = b""
        self.phase = CLOSED
        self.owner.ended(self, self._end or str(BROKEN))

    def data_received(self, data: bytes) -> None:
        """Take bytes and hand on each whole message in them."""
        if self._rest:
            data = self._rest + data
        try:
            self._rest = data[self._consume(data) :]
        except FramingRefused as refused:
            self.abort(refused.reason)

    def _consume(self, data: bytes) -> int:
        """Return how many bytes are done with."""
        position = 0
        if self._expected is not None:
            position = handshake_end(data, self._expected)
            if not position:
                return 0
            self._expected = None
            self.phase = SIGNING_IN
            self.owner.upgraded(self)
        size = len(data)
        while position < size and (frame := parse_frame(data, position)) is not None:
            opcode, begin, position = frame
            if opcode == TEXT:
                self.owner.received(self, data[begin:position])
            else:
                self._control(opcode, data[begin:position])
        return position

    def _control(self, opcode: int, payload: bytes) -> None:
        transport: Any = self._transport
        if transport is None:
            return
        if opcode == PING:
            transport.write(client_frame(PONG, payload, self.owner.mask_key()))
        elif opcode == CLOSE:
            self._end = str(close_code(payload))
            transport.write(client_frame(CLOSE, payload[:2], self.owner.mask_key()))
            transport.close()
