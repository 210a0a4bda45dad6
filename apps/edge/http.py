"""Plain HTTP on the same port: uvicorn's protocol takes over the transport, with the same ASGI application.

Connections, dates and the end are ours; everything between is uvicorn's (httptools where installed, h11 elsewhere).
A connection on which WebSocket is asked for later, after plain requests, comes back to `Handshake`.
"""

import asyncio
import importlib.util
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final, cast

import uvicorn
from uvicorn.server import ServerState

from apps.edge.asgi import Application, Receive, Scope, Send
from apps.edge.handshake import Handshake
from apps.edge.protocol.proxies import TrustedProxies
from apps.edge.wheel import SLOTS, TICK_S, Entry

if TYPE_CHECKING:
    from apps.edge.shared import Shared

DATE_TICKS: Final = int(1 / TICK_S)


class HttpProtocols:
    """Makes and ends the HTTP protocols of one server."""

    def __init__(self, application: Application, shared: "Shared") -> None:
        self._application = application
        self._shared = shared
        self._state = ServerState()
        self._config = uvicorn.Config(
            cast("Any", with_sources(application, shared.proxies)),
            http="httptools" if importlib.util.find_spec("httptools") else "h11",
            ws=cast("Any", self._upgraded),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        self._config.load()
        self._protocol = _counted(self._config.http_protocol_class)
        self.tick(0)

    def take_over(self, transport: asyncio.Transport, data: bytes, admission_key: str) -> None:
        """Serve what comes over this transport, of which `data` was read already."""
        protocol = self._protocol(self._config, self._state, self._shared, admission_key)
        protocol.connection_made(transport)
        transport.set_protocol(protocol)
        protocol.data_received(data)

    def tick(self, now_tick: int) -> None:
        """Keep the Date header right to the second."""
        if now_tick % DATE_TICKS == 0:
            self._state.default_headers = [(b"date", formatdate(time.time(), usegmt=True).encode())]

    def finish(self) -> None:
        """Close idle connections now and the others behind the answers they wait for."""
        for protocol in list(self._state.connections):
            protocol.shutdown()

    def cut(self) -> None:
        """End what is still there."""
        for task in list(self._state.tasks):
            task.cancel()
        for protocol in list(self._state.connections):
            protocol.transport.abort()

    def _upgraded(self, **_uvicorn: Any) -> Handshake:
        """What uvicorn makes for a WebSocket handshake on one of its connections: a fresh one of ours."""
        return Handshake(self._application, self._shared, self)


def with_sources(application: Application, proxies: TrustedProxies) -> Application:
    """Put the real client into the scope of HTTP requests that came through a trusted proxy."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if client:
            is_secure = scope["scheme"] == "https"
            source = proxies.source_of(scope["headers"], client[0], is_secure=is_secure)
            if source.address != client[0]:
                scope["client"] = (source.address, 0)
            scope["scheme"] = "https" if source.is_secure else "http"
        await application(scope, receive, send)

    return serve


def _counted(base: Any) -> Any:
    """uvicorn's protocol, counted out when its connection is gone, and looked after by the wheel.

    uvicorn times out a connection between two requests. What it would wait for without end is the rest of a head.
    """

    class Counted(base, Entry):  # type: ignore[misc]  # which of uvicorn's it is, is known at run time
        def __init__(self, config: uvicorn.Config, state: ServerState, shared: "Shared", admission_key: str) -> None:
            base.__init__(self, config, state, {})
            Entry.__init__(self)
            self._shared = shared
            self._admission_key = admission_key
            self._answered: Any = None
            shared.wheel.schedule(self, shared.timing.handshake or SLOTS)

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._shared.wheel.cancel(self)
            self._shared.leave(self._admission_key)

        def handle_websocket_upgrade(self, *request: Any) -> None:
            """The handshake counts and times the connection from here on."""
            self._shared.wheel.cancel(self)
            self._shared.leave(self._admission_key)
            super().handle_websocket_upgrade(*request)

        def due(self) -> None:
            """Cut a connection that has waited a whole turn for the rest of the head behind the same answer."""
            is_between = self.cycle is None or self.cycle.response_complete
            waits_for = self.cycle if is_between and self.timeout_keep_alive_task is None else None
            if waits_for is not None and waits_for is self._answered and self._shared.timing.handshake:
                self._shared.counters.timeouts["handshake"] += 1
                self.transport.abort()
            self._answered = waits_for
            self._shared.wheel.schedule(self, self._shared.timing.handshake or SLOTS)

    return Counted
