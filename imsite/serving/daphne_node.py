"""Serve a node with daphne, Channels' reference server: both ports in one process and one event loop.

Slower than uvicorn (see docs/operation.md) and kept as the yardstick: whatever works here is plain ASGI.
"""

import asyncio

# daphne's server module installs Twisted's asyncio reactor and has to come before any other Twisted import.
from daphne.server import twisted_loop

from imsite.ports import require_free_port
from imsite.serving.daphne_server import SiteServer
from imsite.serving.lifetime import StopRequest, drain_gateway, open_gateway

# daphne has no switch for its own pings; the protocol has a heartbeat of its own.
NO_PINGS_S = 10**9


def serve_daphne(host: str, ports: dict[str, int], *, until_stdin_closes: bool) -> None:
    """Serve until told to stop; returns when every session is finished and every port closed.

    `ports` maps the name of each setting to its value.
    """
    for name, port in ports.items():
        require_free_port(name, port, host)
    asyncio.set_event_loop(twisted_loop)
    from imsite.asgi import application

    stop = StopRequest()
    stop.listen(twisted_loop, until_stdin_closes=until_stdin_closes)
    twisted_loop.run_until_complete(open_gateway(stop))
    server = SiteServer(
        application,
        endpoints=[_endpoint(host, port) for port in sorted(set(ports.values()))],
        signal_handlers=False,
        ping_interval=NO_PINGS_S,
        ping_timeout=0,
        websocket_timeout=-1,
        server_name="",
    )
    stopping = twisted_loop.create_task(_stop_when_asked(server, stop))
    server.run()
    stopping.cancel()
    stop.raise_failure()


async def _stop_when_asked(server: SiteServer, stop: StopRequest) -> None:
    await stop.wait()
    for listener in server.listeners:
        listener.addCallback(lambda port: port.stopListening())
    await drain_gateway()
    server.stop()


def _endpoint(host: str, port: int) -> str:
    escaped = host.replace(":", "\\:")
    return f"tcp:port={port}:interface={escaped}"
