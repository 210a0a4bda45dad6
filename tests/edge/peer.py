"""A raw client on a real socket, so that tests can say exactly which bytes come when; and servers to talk to."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from apps.edge import Application, Counters, EdgeConfig, EdgeServer
from apps.edge.protocol.frames import Opcode
from tests.edge.clientframes import client_frame

TIMEOUT_S = 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def handshake_request(path: str = "/", *headers: str) -> bytes:
    """A correct handshake, with more headers if wanted."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


@dataclass
class Peer:
    """One connection, from the client's side."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)

    def say(self, text: str) -> None:
        """Send one text message."""
        self.send(client_frame(payload=text.encode()))

    async def head(self) -> bytes:
        """The head of the server's answer."""
        return await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), TIMEOUT_S)

    async def frame(self) -> tuple[int, bytes]:
        """Opcode (with the bit of the last fragment) and payload of the next frame."""
        async with asyncio.timeout(TIMEOUT_S):
            first, size = await self.reader.readexactly(2)
            if size >= 126:
                size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
            return first, await self.reader.readexactly(size)

    async def hear(self) -> str | bytes:
        """The next message."""
        first, payload = await self.frame()
        assert first in {0x80 | Opcode.TEXT, 0x80 | Opcode.BINARY}, (first, payload)
        return payload.decode() if first & 0x0F == Opcode.TEXT else payload

    async def close_code(self) -> int:
        """The code of the close frame that comes next."""
        first, payload = await self.frame()
        assert first == 0x80 | Opcode.CLOSE, (first, payload)
        return int.from_bytes(payload[:2], "big") if payload else 1005

    async def rest(self) -> bytes:
        """All that comes until the server hangs up."""
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(self.reader.read(-1), TIMEOUT_S)
        return b""

    async def open(self, path: str = "/", *headers: str) -> bytes:
        """Open a WebSocket."""
        self.send(handshake_request(path, *headers))
        head = await self.head()
        assert head.startswith(b"HTTP/1.1 101 "), head
        return head

    def hang_up(self) -> None:
        """Close without a word."""
        self.writer.close()


class Running:
    """A server on a port of its own."""

    def __init__(self, server: EdgeServer, port: int) -> None:
        self.server = server
        self.port = port
        self._peers: list[Peer] = []

    async def connect(self, *, path: str | None = None, limit: int = 2**16) -> Peer:
        """Connect; open a WebSocket where a path is given."""
        peer = Peer(*await asyncio.open_connection("127.0.0.1", self.port, limit=limit))
        self._peers.append(peer)
        if path is not None:
            await peer.open(path)
        return peer

    async def until(self, condition: Callable[[Counters], object]) -> None:
        """Let the loop run until the server's counters say so."""
        async with asyncio.timeout(TIMEOUT_S):
            while not condition(self.server.counters):  # noqa: ASYNC110 - counters are plain integers
                await asyncio.sleep(0.005)

    def hang_up_all(self) -> None:
        for peer in self._peers:
            peer.hang_up()


@contextlib.asynccontextmanager
async def serving(application: Application, config: EdgeConfig | None = None) -> AsyncIterator[Running]:
    """A server for this application; stopped, and left without connections or tasks, in the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    server = EdgeServer(application, config)
    running = Running(server, listener.getsockname()[1])
    await server.start([listener])
    try:
        yield running
    finally:
        running.hang_up_all()
        await server.stop()
    assert server.counters.open == server.counters.handshaking == 0
