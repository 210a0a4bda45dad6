"""The server: listeners, the one timer, and the end. Serves any ASGI application; knows no framework."""

import asyncio
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from apps.edge.asgi import Application
from apps.edge.config import EdgeConfig
from apps.edge.connection import Connection
from apps.edge.counters import Counters
from apps.edge.handshake import Handshake
from apps.edge.protocol.frames import CloseCode
from apps.edge.shared import Shared
from apps.edge.wheel import TICK_S, ticks_of

if TYPE_CHECKING:
    from apps.edge.http import HttpProtocols

BACKLOG: Final = 16_384
"""Connections the kernel keeps for us before they are taken; the system's own limit (somaxconn) may be lower. Peers for
whom there is no room try again after 1, 3, 7, 15 and 31 s, which is long after a dead node's others have come back."""


class EdgeServer:
    """One server in one event loop. `serve` it, and `stop` it from elsewhere."""

    def __init__(self, application: Application, config: EdgeConfig | None = None) -> None:
        self._application = application
        self._shared = Shared(config or EdgeConfig())
        self._servers: list[asyncio.Server] = []
        self._leaving: list[Connection] = []
        self._leave_per_tick = 0
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = asyncio.Event()
        self._http = self._http_protocols()

    @property
    def counters(self) -> Counters:
        """What was counted since the start."""
        return self._shared.counters

    async def serve(self, listeners: Iterable[socket.socket]) -> None:
        """Serve on these listening sockets until `stop` is done."""
        await self.start(listeners)
        await self._stopped.wait()

    async def start(self, listeners: Iterable[socket.socket]) -> None:
        """Begin to serve on these listening sockets, and return."""
        config, loop = self._shared.config, asyncio.get_running_loop()
        tls_timeout_s = config.handshake_timeout_s if config.tls and config.handshake_timeout_s else None
        for listener in listeners:
            server = await loop.create_server(
                self._fresh, sock=listener, ssl=config.tls, backlog=BACKLOG, ssl_handshake_timeout=tls_timeout_s
            )
            self._servers.append(server)
        if self._shared.is_draining:  # stopped meanwhile
            self.stop_listening()
        else:
            self._timer = loop.call_later(TICK_S, self._tick)

    def stop_listening(self) -> None:
        """Take no more connections; what was taken but not opened yet is refused with 503."""
        self._shared.is_draining = True
        for server in self._servers:
            server.close()

    def drain(self, spread_s: float) -> None:
        """Take no more connections, and close the open sockets with 1012, evenly over this time."""
        self.stop_listening()
        self._leaving = [entry for entry in self._shared.wheel if isinstance(entry, Connection)]
        self._leave_per_tick = -(-len(self._leaving) // ticks_of(spread_s))

    async def stop(self) -> None:
        """Close what is still open, wait for the close handshakes and the answers under way, for a bounded time."""
        shared, config = self._shared, self._shared.config
        self.drain(0)
        self._close_next()
        for entry in shared.wheel:
            if isinstance(entry, Handshake):
                entry.give_up()
        if self._http is not None:
            self._http.finish()
        await shared.emptied(max(config.close_timeout_s, config.http_shutdown_s))
        self._cut()
        await shared.emptied(config.close_timeout_s)
        if self._timer is not None:
            self._timer.cancel()
        self._stopped.set()

    def _cut(self) -> None:
        for task in list(self._shared.tasks):
            task.cancel()
        for entry in self._shared.wheel:
            if isinstance(entry, Connection | Handshake):
                entry.abort()
        if self._http is not None:
            self._http.cut()

    def _fresh(self) -> Handshake:
        return Handshake(self._application, self._shared, self._http)

    def _http_protocols(self) -> "HttpProtocols | None":
        if not self._shared.config.serve_http:
            return None
        from apps.edge.http import HttpProtocols

        return HttpProtocols(self._application, self._shared)

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        self._shared.wheel.advance()
        self._shared.relieve()
        self._close_next()
        if self._http is not None:
            self._http.tick(self._shared.wheel.now)

    def _close_next(self) -> None:
        for _ in range(min(self._leave_per_tick, len(self._leaving))):
            self._leaving.pop().close(CloseCode.RESTART, "restart")
