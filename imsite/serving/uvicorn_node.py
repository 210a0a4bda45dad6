"""Serve a node with uvicorn: both ports in one process and one event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from apps.wire.frames import MAX_FRAME_BYTES
from imsite.serving.lifetime import StopRequest, drain_gateway, open_gateway
from imsite.serving.loops import loop_factory

# What remains after the gateway has said goodbye: answers of slow HTTP requests.
CLOSE_TIMEOUT_S = 3


def serve_uvicorn(listeners: list[socket.socket], *, until_stdin_closes: bool) -> None:
    """Serve until told to stop; returns when every session is finished and every port closed."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(listeners, until_stdin_closes=until_stdin_closes))


async def _serve(listeners: list[socket.socket], *, until_stdin_closes: bool) -> None:
    stop = StopRequest()
    stop.listen(asyncio.get_running_loop(), until_stdin_closes=until_stdin_closes)
    server = _NodeServer(_configure())
    await open_gateway(stop)
    serving = asyncio.ensure_future(server.serve(sockets=listeners))
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    for listener in getattr(server, "servers", []):
        listener.close()
    await drain_gateway()
    server.should_exit = True
    await serving
    stop.raise_failure()


class _NodeServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours (`StopRequest`): sessions finish before uvicorn closes connections."""
        yield


def _configure() -> uvicorn.Config:
    return uvicorn.Config(
        "imsite.asgi:application",
        ws="websockets-sansio",
        # Room to answer a frame that is too large with an error instead of a broken connection, and no more.
        ws_max_size=2 * MAX_FRAME_BYTES,
        # Compression costs 60 KB and more per connection; the protocol has a heartbeat of its own.
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        ws_ping_timeout=None,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=CLOSE_TIMEOUT_S,
    )
