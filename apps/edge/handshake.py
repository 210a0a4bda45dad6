"""A connection until it is open: reads the request head and hands the transport on, to a WebSocket or to HTTP.

Whatever is wrong is answered, and the connection closes. What a peer may make this hold is bounded by the head's
limits, `MAX_EARLY_BYTES` and the handshake timeout.
"""

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol

from apps.edge.asgi import Application, Run, Scope
from apps.edge.connection import Connection
from apps.edge.protocol.frames import CloseCode
from apps.edge.protocol.proxies import Source
from apps.edge.protocol.request import Head, Refused, Upgrade, check_upgrade, end_of_head, parse_head
from apps.edge.protocol.response import refusal
from apps.edge.wheel import Entry

if TYPE_CHECKING:
    from apps.edge.shared import Shared

MAX_EARLY_BYTES: Final = 65_536
"""What a peer may send before it is accepted; at the bound it is read no further until then."""

MAX_REFUSALS: Final = 64
"""Connections beyond `max_connections` at once that are heard and told so; further ones are cut, for each takes an open
file from those that are served."""

READING: Final = 0
DECIDING: Final = 1
ENDING: Final = 2
OVER: Final = 3
"""Handed on or lost; this object has no part in the connection any more."""


class HttpSide(Protocol):
    """Who serves requests that open no WebSocket."""

    def take_over(self, transport: asyncio.Transport, data: bytes, admission_key: str) -> None:
        """Serve what comes over this transport, of which `data` was read already."""


class Handshake(Entry, asyncio.Protocol):
    """The protocol of every fresh connection."""

    __slots__ = (
        "_admission_key",
        "_application",
        "_buffer",
        "_forwarded_for",
        "_http",
        "_is_paused",
        "_run",
        "_shared",
        "_state",
        "_transport",
        "_upgrade",
        "congested",
    )

    def __init__(self, application: Application, shared: "Shared", http: HttpSide | None) -> None:
        super().__init__()
        self.congested = False
        self._application = application
        self._shared = shared
        self._http = http
        self._buffer = b""
        self._state = READING
        self._is_paused = False
        self._admission_key = ""
        self._transport: asyncio.Transport = None  # type: ignore[assignment]  # until connection_made
        self._run: Run | None = None
        self._upgrade: Upgrade | None = None
        self._forwarded_for = ""

    @property
    def accept_key(self) -> bytes:
        """What the 101 has to prove."""
        return self._upgrade.accept if self._upgrade else b""

    @property
    def subprotocols(self) -> list[str]:
        """What the peer offers."""
        return self._upgrade.subprotocols if self._upgrade else []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer connected."""
        shared = self._shared
        self._transport = transport  # type: ignore[assignment]  # uvloop's is none by class, but is one by behaviour
        shared.counters.connected += 1
        shared.enter()
        shared.counters.handshaking += 1
        shared.wheel.schedule(self, shared.timing.handshake or shared.timing.close)
        if self._is_flooded():
            shared.counters.refused["flood"] += 1
            self._state = ENDING
            self._transport.abort()

    def _is_flooded(self) -> bool:
        config, counters = self._shared.config, self._shared.counters
        too_many = counters.open > config.max_connections + MAX_REFUSALS if config.max_connections else False
        return too_many or counters.handshaking > config.max_handshakes > 0

    def data_received(self, data: bytes) -> None:
        """Collect the head; keep what comes behind it."""
        if self._state > DECIDING:
            return
        searched_bytes = len(self._buffer)
        self._buffer = self._buffer + data if self._buffer else data
        if self._state == READING:
            try:
                end = end_of_head(self._buffer, self._shared.config.head, searched_bytes)
                if end:
                    self._begin(end)
            except Refused as error:
                self.refuse(error)
        elif len(self._buffer) > MAX_EARLY_BYTES and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    def eof_received(self) -> None:
        """The peer sends no more; the transport closes."""

    def pause_writing(self) -> None:
        """A long denial waits for its peer."""
        self.congested = True

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self.congested = False
        if self._run is not None:
            self._run.writable()

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer is gone."""
        self._leave()
        self._shared.leave(self._admission_key)
        run, self._run = self._run, None
        if run is not None:
            run.closed(CloseCode.ABNORMAL)

    def due(self) -> None:
        """The handshake takes too long, or the peer does not hang up after a refusal."""
        if self._state == OVER:
            return
        run, self._run = self._run, None
        if self._state == ENDING:
            self._shared.counters.timeouts["close"] += 1
            self._transport.abort()
        elif not self._shared.timing.handshake:
            self._shared.wheel.schedule(self, self._shared.timing.close)
            self._run = run
        else:
            self._shared.counters.timeouts["handshake"] += 1
            late = Refused(408, "the request did not come in time")
            self.refuse(late if self._state == READING else Refused(503, "the application did not answer in time"))
        if run is not None and self._run is None:
            run.closed(CloseCode.ABNORMAL)
            run.cancel()

    def accept(self, run: Run, response: bytes) -> None:
        """Open the socket with this 101."""
        shared, transport = self._shared, self._transport
        early, key = self._buffer, self._admission_key
        self._leave()
        self._run = None
        connection = Connection(transport, shared, run, self._forwarded_for, key)
        run.opened(connection)
        shared.counters.accepted += 1
        transport.set_protocol(connection)
        transport.write(response)
        if self._is_paused:
            transport.resume_reading()
        if early:
            connection.data_received(early)

    def refuse(self, error: Refused) -> None:
        """Say why not, and close."""
        self._shared.counters.refused[str(error.status)] += 1
        self.write(refusal(error))
        self.hang_up()

    def abort(self) -> None:
        """Cut the connection."""
        if self._state != OVER:
            self._state = ENDING
            self._transport.abort()

    def give_up(self) -> None:
        """The server stops: refuse what is not answered, hang up where the answer is out."""
        run = self._run
        if self._state == READING:
            self.refuse(Refused(503, "the server is stopping"))
        elif self._state == DECIDING and run is not None:
            run.cancel()
        else:
            self.abort()

    def deny(self, status: int, head: bytes) -> None:
        """Begin an answer of the application's own."""
        self._shared.counters.refused[str(status)] += 1
        self.write(head)

    def write(self, data: bytes) -> None:
        """Send bytes of an answer."""
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def hang_up(self) -> None:
        """The answer is complete: read on until the peer has, too; closing at once could destroy it on its way."""
        if self._state > DECIDING:
            return
        self._state = ENDING
        self._buffer = b""
        self._run = None
        if self._is_paused:
            self._transport.resume_reading()
        if self._transport.is_closing():
            return
        self._shared.wheel.schedule(self, self._shared.timing.close)
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _leave(self) -> None:
        """Have no part in the connection any more."""
        if self._state != OVER:
            self._state = OVER
            self._buffer = b""
            self._shared.wheel.cancel(self)
            self._shared.counters.handshaking -= 1

    def _begin(self, end: int) -> None:
        """The head is there: let the peer in, or raise Refused."""
        shared = self._shared
        head = parse_head(self._buffer[:end], shared.config.head)
        if shared.is_draining:
            retry_after = str(shared.config.retry_after_s).encode()
            raise Refused(503, "the server is stopping", ((b"retry-after", retry_after),))
        is_tls = self._transport.get_extra_info("sslcontext") is not None
        peer = self._transport.get_extra_info("peername") or None  # of a Unix socket it is empty
        source = shared.proxies.source_of(head.headers, peer[0] if peer else "", is_secure=is_tls)
        self._forwarded_for = source.address if peer and source.address != peer[0] else ""
        self._admission_key = shared.admission.admit(
            source.address, shared.wheel.now, open_connections=shared.counters.open
        )
        if head.opens_websocket:
            self._open(head, source, peer, end)
        elif self._http is not None:
            self._hand_to_http(self._http)
        else:
            raise Refused(426, "only WebSockets are served here", ((b"upgrade", b"websocket"),))

    def _open(self, head: Head, source: Source, peer: tuple[Any, ...] | None, end: int) -> None:
        shared = self._shared
        self._upgrade = check_upgrade(head)
        allowed = shared.config.allowed_origins
        if allowed is not None and not set(head.values(b"origin")) <= {name.encode() for name in allowed}:
            raise Refused(403, "pages of this origin may not open a socket")
        self._buffer = self._buffer[end:]
        self._state = DECIDING
        port = peer[1] if peer and peer[0] == source.address else 0
        scope = _scope(head, self._upgrade, source, port)
        scope["server"] = _address(self._transport.get_extra_info("sockname"))
        self._run = Run(self, shared.config.receive_queue_messages)
        task = self._run.start(self._application, scope)
        shared.tasks.add(task)
        task.add_done_callback(shared.tasks.discard)

    def _hand_to_http(self, http: HttpSide) -> None:
        data = self._buffer
        self._leave()
        self._shared.counters.http += 1
        http.take_over(self._transport, data, self._admission_key)


def _address(name: Any) -> tuple[str, int | None] | None:
    """ASGI's form of a socket's name: host and port, or the path of a Unix socket; None when it is closed already."""
    if isinstance(name, tuple):
        return str(name[0]), int(name[1])
    return (str(name), None) if name else None


def _scope(head: Head, upgrade: Upgrade, source: Source, port: int) -> Scope:
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "wss" if source.is_secure else "ws",
        "path": head.path,
        "raw_path": head.raw_path,
        "query_string": head.query,
        "root_path": "",
        "headers": head.headers,
        "client": (source.address, port),
        "subprotocols": upgrade.subprotocols,
        "state": {},
    }
