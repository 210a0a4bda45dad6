"""An echo application on one of the servers that `edge.py` and `stock.py` compare; a process of its own.

    python -m benchmarks._edgeserver im-detached|im-plain|im-guarded|uvicorn|daphne PORT
    python -m benchmarks._edgeserver im-consumer|uvicorn-consumer|daphne-consumer PORT

`im-guarded` is for `benchmarks/floods.py`: detached, with the bounds of a server as it comes. Elsewhere there are none
on connections. The `consumer` ones run Channels' `AsyncWebsocketConsumer`, the others bare ASGI. Pings, compression and
access logs are off everywhere. Says `ready` on standard output once it listens.
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


def consumer() -> Any:
    """What the tutorial of Channels teaches, without a channel layer, which would only cost more."""
    from django.conf import settings

    settings.configure(CHANNEL_LAYERS={})

    from channels.generic.websocket import AsyncWebsocketConsumer

    class Echo(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
        async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
            await self.send(text_data=text_data)

    return Echo.as_asgi()


def listener(port: int) -> socket.socket:
    """Listen on loopback."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind(("127.0.0.1", port))
    opened.listen(BACKLOG)
    opened.setblocking(False)
    return opened


async def serve_im(application: Any, port: int, *, guarded: bool) -> None:
    """Our own server."""
    from apps.edge import EdgeConfig, EdgeServer

    max_handshakes = EdgeConfig().max_handshakes if guarded else 0
    server = EdgeServer(application, EdgeConfig(ping_interval_s=0, max_handshakes=max_handshakes))
    await server.start([listener(port)])
    print("ready", flush=True)
    await asyncio.Event().wait()


async def serve_uvicorn(application: Any, port: int) -> None:
    """uvicorn with its lean WebSocket implementation, as our nodes ran it before."""
    import uvicorn

    config = uvicorn.Config(
        application,
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


def serve_daphne(application: Any, port: int) -> None:
    """Channels' reference server."""
    from daphne.server import Server  # first, for Twisted's reactor

    server = Server(
        application,
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
    server, _, way = kind.partition("-")
    if server == "daphne":
        from daphne import server as _server  # noqa: F401 - first, for Twisted's reactor
    application = consumer() if way == "consumer" else detached if way in {"detached", "guarded"} else plain
    if server == "daphne":
        serve_daphne(application, port)
        return
    import uvloop

    im = serve_im(application, port, guarded=way == "guarded") if server == "im" else None
    uvloop.run(im or serve_uvicorn(application, port))


if __name__ == "__main__":
    main()
