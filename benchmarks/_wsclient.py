"""A WebSocket client (RFC 6455) that costs as little as possible, so that a benchmark measures the server.

Text frames only, mask key zero (allowed, and it leaves the payload as it is), no fragmentation, no compression.
"""

import asyncio
import base64
import secrets
import struct
from collections.abc import Callable
from typing import cast

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
MASKED = 0x80
HANDSHAKE_TIMEOUT_S = 20
ZERO_KEY = b"\0\0\0\0"


class WsClient(asyncio.Protocol):
    """One connection. `on_text` is called with each frame's bytes."""

    def __init__(self, on_text: Callable[[bytes], None]) -> None:
        self.on_text = on_text
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._host = ""

    async def connect(self, host: str, port: int, path: str, *, source: str | None = None) -> None:
        """Open the connection, from this address of ours if one is given, and finish the handshake."""
        self._host = f"{host}:{port}"
        local = None if source is None else (source, 0)
        await asyncio.get_running_loop().create_connection(lambda: self, host, port, local_addr=local)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        request = (
            f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self._write(request.encode())
        await asyncio.wait_for(self.opened, HANDSHAKE_TIMEOUT_S)

    def send(self, payload: bytes) -> None:
        """Send one text frame."""
        self._write(_frame(TEXT, payload))

    def close(self) -> None:
        """Close politely; the server closes the connection."""
        self._write(_frame(CLOSE, struct.pack("!H", 1000)))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio hands over the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by class, but is one by behaviour

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is over, one way or the other."""
        for future in (self.opened, self.closed):
            if not future.done():
                future.set_exception(ConnectionError("the server hung up"))
                future.exception()  # looked at: nobody has to wait for it

    def data_received(self, data: bytes) -> None:
        """Take bytes; call `on_text` for each whole frame in them."""
        buffer = self._buffer
        buffer += data
        if not self.opened.done() and not self._finish_handshake():
            return
        position = 0
        while (frame := _parse(buffer, position)) is not None:
            opcode, start, position = frame
            self._take(opcode, bytes(buffer[start:position]))
        del buffer[:position]

    def _finish_handshake(self) -> bool:
        head, separator, _ = bytes(self._buffer).partition(b"\r\n\r\n")
        if not separator:
            return False
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            self.opened.set_exception(ConnectionError(head.decode("latin-1")))
            return False
        del self._buffer[: len(head) + 4]
        self.opened.set_result(None)
        return True

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT & 0x0F:
            self.on_text(payload)
        elif opcode == PING & 0x0F:
            self._write(_frame(PONG, payload))
        elif opcode == CLOSE & 0x0F and not self.closed.done():
            self.closed.set_result(struct.unpack("!H", payload[:2])[0] if payload else 1005)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


def _frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((first, MASKED | size)) + ZERO_KEY + payload
    if size < 65536:
        return bytes((first, MASKED | 126)) + size.to_bytes(2, "big") + ZERO_KEY + payload
    return bytes((first, MASKED | 127)) + size.to_bytes(8, "big") + ZERO_KEY + payload


def _parse(buffer: bytearray, position: int) -> tuple[int, int, int] | None:
    """Opcode, start and end of the payload of the frame at `position`; None when it is not all there."""
    available = len(buffer) - position
    if available < 2:
        return None
    size, start = buffer[position + 1] & 0x7F, position + 2
    if size >= 126:
        width = 2 if size == 126 else 8
        if available < 2 + width:
            return None
        size, start = int.from_bytes(buffer[start : start + width], "big"), start + width
    end = start + size
    return (buffer[position] & 0x0F, start, end) if end <= len(buffer) else None
