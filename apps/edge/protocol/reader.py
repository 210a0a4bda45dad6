"""Frames from a client (RFC 6455 §5): bytes in, whole messages and control frames out.

A reader between two messages holds nothing (`is_idle`), so that all idle connections of a server can share one. What
is wrong with the input comes out as `Broken`, once and last; the reader takes nothing afterwards. It never waits for
bytes that could not make the input right again: a bad header fails at its second byte, bad UTF-8 at the byte that
makes it bad.
"""

import codecs
from dataclasses import dataclass
from typing import Final

from apps.edge.protocol.frames import (
    FINAL,
    LENGTH_16,
    MAX_CONTROL_BYTES,
    CloseCode,
    Opcode,
    is_close_code,
)
from apps.edge.protocol.limits import FrameLimits

MASKED: Final = 0x80
RESERVED: Final = 0x70
CONTROL: Final = 0x08
KEY_BYTES: Final = 4

_NO_KEY: Final = bytes(KEY_BYTES)
_WHOLE_TEXT: Final = FINAL | Opcode.TEXT
_OPCODES: Final = frozenset(int(opcode) for opcode in Opcode)
_new_decoder: Final = codecs.getincrementaldecoder("utf-8")


@dataclass(frozen=True, slots=True)
class Ping:
    """The peer wants this back."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """The peer answers a ping, or just lives."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Closing:
    """The peer closes; `NO_STATUS` when it gave no code."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The peer broke the protocol or a bound: the connection has to fail with this code."""

    code: CloseCode
    reason: str


Event = str | bytes | Ping | Pong | Closing | Broken
"""A whole text message, a whole binary one, a control frame, or the end."""


class _Violation(Exception):
    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.broken = Broken(code, reason)


def unmask(payload: bytes, key: bytes) -> bytes:
    """XOR with the repeated key (§5.3), as one number: by far the quickest way that needs no extension module."""
    if key == _NO_KEY:
        return payload
    size = len(payload)
    repeated = (key * ((size + 3) // KEY_BYTES))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")).to_bytes(size, "little")


class FrameReader:
    """Parses the frames of one client. `feed` bytes, then take events from `take` until there is none."""

    __slots__ = (
        "_buffer",
        "_decoder",
        "_final",
        "_fragments",
        "_is_broken",
        "_key",
        "_limits",
        "_message",
        "_missing_bytes",
        "_opcode",
        "_position",
    )

    def __init__(self, limits: FrameLimits) -> None:
        self._limits = limits
        self._buffer = b""
        self._position = 0
        self._is_broken = False
        self._opcode = 0  # of the message that has begun; 0 between messages
        self._fragments = 0
        self._message = bytearray()
        self._decoder: codecs.IncrementalDecoder | None = None
        self._missing_bytes = 0  # of the data frame that has begun
        self._final = False
        self._key = _NO_KEY

    @property
    def is_idle(self) -> bool:
        """Whether nothing is held: no message has begun, no byte waits, nothing was broken."""
        return not self._opcode and not self._buffer and not self._is_broken

    def feed(self, data: bytes) -> None:
        """Add bytes from the wire."""
        self._buffer = self._buffer[self._position :] + data if self._buffer else data
        self._position = 0

    def take(self) -> Event | None:
        """Return the next event, None when it needs more bytes."""
        if not self._buffer or self._is_broken:
            return None
        if not self._opcode and (text := self._whole_text()) is not None:
            return text
        try:
            return self._next_event()
        except _Violation as violation:
            self._is_broken = True
            self._forget_taken()
            return violation.broken

    def _whole_text(self) -> str | None:
        """The common case: a short unfragmented text that is all there. None for whatever is not, or not right."""
        buffer, position = self._buffer, self._position
        start = position + 2 + KEY_BYTES
        if len(buffer) < start or buffer[position] != _WHOLE_TEXT:
            return None
        size = buffer[position + 1] - MASKED
        end = start + size
        if not 0 <= size < LENGTH_16 or len(buffer) < end or size > self._limits.max_message_bytes:
            return None
        try:
            text = unmask(buffer[start:end], buffer[position + 2 : start]).decode()
        except UnicodeDecodeError:
            return None
        self._advance_to(end)
        return text

    def _advance_to(self, position: int) -> None:
        if position == len(self._buffer):
            self._forget_taken()
        else:
            self._position = position

    def _forget_taken(self) -> None:
        self._buffer = b""
        self._position = 0

    def _next_event(self) -> Event | None:
        while True:
            if not self._missing_bytes:
                header = self._take_header()
                if header is None:
                    return None
                opcode, payload = header
                if opcode & CONTROL:
                    return _control_event(opcode, payload)
            if not self._take_payload():
                return None
            if self._final:
                return self._finish_message()

    def _take_header(self) -> tuple[int, bytes] | None:
        """Check the next frame's header; begin a data frame, or return a control frame with its whole payload."""
        buffer, position = self._buffer, self._position
        available = len(buffer) - position
        if available < 2:
            return None
        first, second = buffer[position], buffer[position + 1]
        opcode, size = first & 0x0F, second & 0x7F
        self._check_first_bytes(first, second)
        start = position + 2
        if size >= LENGTH_16:
            width = 2 if size == LENGTH_16 else 8
            if available < 2 + width:
                return None
            size = _extended_size(buffer[start : start + width])
            start += width
        if not opcode & CONTROL:
            self._check_size(size)
        end_of_key = start + KEY_BYTES
        whole = end_of_key + (size if opcode & CONTROL else 0)
        if len(buffer) < whole:
            return None
        key = buffer[start:end_of_key]
        self._advance_to(whole)
        if opcode & CONTROL:
            return opcode, unmask(buffer[end_of_key:whole], key)
        self._begin_data_frame(opcode, size, key, final=bool(first & FINAL))
        return opcode, b""

    def _check_first_bytes(self, first: int, second: int) -> None:
        opcode = first & 0x0F
        if first & RESERVED:
            raise _Violation(CloseCode.PROTOCOL_ERROR, "reserved bits are set and no extension was agreed on")
        if opcode not in _OPCODES:
            raise _Violation(CloseCode.PROTOCOL_ERROR, f"opcode {opcode} is not defined")
        if not second & MASKED:
            raise _Violation(CloseCode.PROTOCOL_ERROR, "a client's frames have to be masked")
        if opcode & CONTROL:
            if not first & FINAL:
                raise _Violation(CloseCode.PROTOCOL_ERROR, "a control frame is fragmented")
            if second & 0x7F > MAX_CONTROL_BYTES:
                raise _Violation(CloseCode.PROTOCOL_ERROR, "a control frame is longer than 125 bytes")
        elif bool(self._opcode) != (opcode == Opcode.CONTINUATION):
            raise _Violation(CloseCode.PROTOCOL_ERROR, "a fragment without its beginning, or a message within another")

    def _check_size(self, size: int) -> None:
        most = self._limits.max_message_bytes
        if len(self._message) + size > most:
            raise _Violation(CloseCode.TOO_BIG, f"a message is larger than {most} bytes")
        if self._fragments >= self._limits.max_fragments:
            raise _Violation(CloseCode.POLICY, f"a message has more than {self._limits.max_fragments} fragments")

    def _begin_data_frame(self, opcode: int, size: int, key: bytes, *, final: bool) -> None:
        if opcode != Opcode.CONTINUATION:
            self._opcode = opcode
            self._decoder = _new_decoder() if opcode == Opcode.TEXT else None
        self._fragments += 1
        self._missing_bytes, self._key, self._final = size, key, final

    def _take_payload(self) -> bool:
        """Move what is there of the frame's payload into the message; tell whether that was all of it."""
        begin = self._position
        end = min(len(self._buffer), begin + self._missing_bytes)
        taken = end - begin
        if taken:
            chunk = unmask(self._buffer[begin:end], self._key)
            self._check_text(chunk)
            self._message += chunk
            turned = taken % KEY_BYTES
            self._key = self._key[turned:] + self._key[:turned]
            self._missing_bytes -= taken
            self._advance_to(end)
        return self._missing_bytes == 0

    def _check_text(self, chunk: bytes, *, final: bool = False) -> None:
        if self._decoder is None:
            return
        try:
            self._decoder.decode(chunk, final)
        except UnicodeDecodeError:
            raise _Violation(CloseCode.NOT_UTF8, "a text is not UTF-8") from None
        pending = self._decoder.getstate()[0]
        if pending[:1] == b"\xed" and pending[1:] >= b"\xa0":  # half a surrogate, for which the decoder waits in vain
            raise _Violation(CloseCode.NOT_UTF8, "a text has a surrogate")

    def _finish_message(self) -> str | bytes:
        self._check_text(b"", final=True)
        is_text = self._decoder is not None
        message = self._message.decode() if is_text else bytes(self._message)
        self._message = bytearray()
        self._decoder = None
        self._opcode = self._fragments = 0
        return message


def _extended_size(digits: bytes) -> int:
    size = int.from_bytes(digits, "big")
    if size >= 1 << 63:
        raise _Violation(CloseCode.PROTOCOL_ERROR, "the highest bit of a length is set")
    if size < (LENGTH_16 if len(digits) == 2 else 0x1_0000):
        raise _Violation(CloseCode.PROTOCOL_ERROR, "a length is not written in the fewest bytes")
    return size


def _control_event(opcode: int, payload: bytes) -> Event:
    if opcode == Opcode.PING:
        return Ping(payload)
    if opcode == Opcode.PONG:
        return Pong(payload)
    if not payload:
        return Closing(CloseCode.NO_STATUS, "")
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not is_close_code(code):
        raise _Violation(CloseCode.PROTOCOL_ERROR, "a close frame has no valid code")
    try:
        return Closing(code, payload[2:].decode())
    except UnicodeDecodeError:
        raise _Violation(CloseCode.NOT_UTF8, "the reason of a close frame is not UTF-8") from None
