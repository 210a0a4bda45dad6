"""An echo application on one of the servers that `benchmarks/edge.py` compares; a process of its own.

    python -m benchmarks._edgeserver im-detached|im-plain|im-guarded|uvicorn|daphne PORT

`im-guarded` is for `benchmarks/floods.py`: detached, with the bounds of a server as it comes. Elsewhere there are none
on connections. Pings, compression and access logs are off everywhere. Says `ready` on standard output once it listens.
"""

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

BACKLOG = 4096


class EchoSink:
    """The detached application: sends back what it receives."""

    __slots__ = ("socket",)

    def received(self, data: str) -> None:
        """Echo."""
        self.socket.send_text(data)

    def writable(self) -> None:
        """Never mind."""

    def closed(self, code: int) -> None:
        """Let go of the socket."""
        self.socket: Any = None


async def detached(scope: Any, receive: Any, send: Any) -> None:
    """Accept and leave a sink behind."""
    await receive()
    await send({"type": "websocket.accept"})
    sink = EchoSink()
    sink.socket = scope["extensions"]["imsite.detach"](sink)


async def plain(scope: Any, receive: Any, send: Any) -> None:
    """Accept and loop, as any ASGI application."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


def listener(port: int) -> socket.socket:
    """Listen on loopback."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind(("127.0.0.1", port))
    opened.listen(BACKLOG)
    opened.setblocking(False)
    return opened


async def serve_im(kind: str, port: int) -> None:
    """Our own server."""
    from apps.edge import EdgeConfig, EdgeServer

    max_handshakes = EdgeConfig().max_handshakes if kind == "im-guarded" else 0
    config = EdgeConfig(ping_interval_s=0, max_handshakes=max_handshakes)
    server = EdgeServer(plain if kind == "im-plain" else detached, config)
    await server.start([listener(port)])
    print("ready", flush=True)
    await asyncio.Event().wait()


async def serve_uvicorn(port: int) -> None:
    """uvicorn with its lean WebSocket implementation, as our nodes ran it before."""
    import uvicorn

    config = uvicorn.Config(
        plain,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        ws_ping_timeout=None,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
    )
    opened = listener(port)
    print("ready", flush=True)
    await uvicorn.Server(config).serve(sockets=[opened])


def serve_daphne(port: int) -> None:
    """Channels' reference server."""
    from daphne.server import Server  # first, for Twisted's reactor

    server = Server(
        plain,
        endpoints=[f"tcp:port={port}:interface=127.0.0.1:backlog={BACKLOG}"],
        signal_handlers=False,
        ping_interval=10**9,
        ping_timeout=0,
        websocket_timeout=-1,
        ready_callable=lambda: print("ready", flush=True),
    )
    server.run()


def main() -> None:
    """Serve for ever."""
    kind, port = sys.argv[1], int(sys.argv[2])
    if kind == "daphne":
        serve_daphne(port)
        return
    import uvloop

    uvloop.run(serve_uvicorn(port) if kind == "uvicorn" else serve_im(kind, port))


if __name__ == "__main__":
    main()
