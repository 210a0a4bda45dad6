"""Serve a node with our own edge server, the default: both ports in one process and one event loop."""

import asyncio
import socket
import sys

from apps.edge import EdgeServer
from imsite.env import read_environment
from imsite.serving.edge_metrics import watch_edge
from imsite.serving.edge_settings import edge_config
from imsite.serving.lifetime import StopRequest, drain_gateway, open_gateway
from imsite.serving.loops import loop_factory


def serve_im(listeners: list[socket.socket], *, until_stdin_closes: bool) -> None:
    """Serve until told to stop; returns when every session is finished and every port closed. Raises OperatorError."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(listeners, until_stdin_closes=until_stdin_closes))


async def _serve(listeners: list[socket.socket], *, until_stdin_closes: bool) -> None:
    from imsite.asgi import application

    server = EdgeServer(application, edge_config(read_environment(), open_files=raise_open_files()))
    stop = StopRequest()
    stop.listen(asyncio.get_running_loop(), until_stdin_closes=until_stdin_closes)
    await open_gateway(stop)
    watch_edge(server.counters)
    await server.start(listeners)
    await stop.wait()
    server.stop_listening()
    await drain_gateway()
    await server.stop()
    stop.raise_failure()


def raise_open_files() -> int:
    """Let this process have as many open files as it may; return how many, 0 where that is not bounded."""
    if sys.platform == "win32":
        return 0
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (ValueError, OSError):  # macOS: the hard limit is said to be infinite and may not be asked for
            pass
    return 0 if soft == resource.RLIM_INFINITY else soft
