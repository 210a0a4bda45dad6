"""Doubles at the two ends of a connection: a transport that only notes, and a sink that only remembers."""

import asyncio
from typing import Any

from apps.edge.protocol.frames import Opcode


class NotingTransport(asyncio.Transport):
    """A transport whose peer takes what the test says. Loses its connection when the test says so, too."""

    def __init__(self, *, can_half_close: bool = True) -> None:
        super().__init__()
        self.written = b""
        self.waiting_bytes = 0
        self.takes_all = True
        self.is_reading_now = True
        self.events: list[str] = []
        self.protocol: asyncio.Protocol | None = None
        self._can_half_close = can_half_close
        self._marks = (0, 0)
        self._is_over = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data
        if not self.takes_all:
            was, self.waiting_bytes = self.waiting_bytes, self.waiting_bytes + len(data)
            if was <= self._marks[0] < self.waiting_bytes and self.protocol is not None:
                self.protocol.pause_writing()

    def take(self, size_bytes: int) -> None:
        """The peer reads so much."""
        was, self.waiting_bytes = self.waiting_bytes, self.waiting_bytes - size_bytes
        if self.waiting_bytes < self._marks[1] <= was and self.protocol is not None:
            self.protocol.resume_writing()

    def frames(self) -> list[tuple[int, bytes]]:
        """Opcode and payload of the (short) frames written so far."""
        frames, data = [], self.written
        while data:
            size = data[1]
            assert size < 126
            frames.append((data[0] & 0x0F, data[2 : 2 + size]))
            data = data[2 + size :]
        return frames

    def close_codes(self) -> list[int]:
        """Codes of the close frames written so far."""
        return [int.from_bytes(payload[:2], "big") for opcode, payload in self.frames() if opcode == Opcode.CLOSE]

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._marks = (high or 0, low or 0)

    def get_write_buffer_size(self) -> int:
        if self._is_over:
            raise RuntimeError("the handler is closed")  # as uvloop does
        return self.waiting_bytes

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"peername": ("192.0.2.1", 4711), "sockname": ("127.0.0.1", 80)}.get(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self.protocol = protocol

    def pause_reading(self) -> None:
        self.is_reading_now = False

    def resume_reading(self) -> None:
        self.is_reading_now = True

    def can_write_eof(self) -> bool:
        return self._can_half_close

    def write_eof(self) -> None:
        self.events.append("eof")

    def close(self) -> None:
        self.events.append("close")

    def abort(self) -> None:
        self.events.append("abort")

    def is_closing(self) -> bool:
        return "close" in self.events or "abort" in self.events

    def lose(self) -> None:
        """The connection is gone."""
        self._is_over = True
        if self.protocol is not None:
            self.protocol.connection_lost(None)


class RememberingSink:
    """A sink that remembers what it was told."""

    def __init__(self) -> None:
        self.messages: list[str | bytes] = []
        self.closed_codes: list[int] = []
        self.writable_count = 0

    def received(self, data: str | bytes) -> None:
        self.messages.append(data)

    def writable(self) -> None:
        self.writable_count += 1

    def closed(self, code: int) -> None:
        self.closed_codes.append(code)


class FailingSink(RememberingSink):
    """A sink all of whose methods fail."""

    def received(self, data: str | bytes) -> None:
        super().received(data)
        raise LookupError("the sink is broken")

    def writable(self) -> None:
        super().writable()
        raise LookupError("the sink is broken")

    def closed(self, code: int) -> None:
        super().closed(code)
        raise LookupError("the sink is broken")
