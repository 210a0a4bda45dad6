"""The client's half of WebSocket framing (RFC 6455 §5), as lean as a session among a hundred thousand needs it.

Pure. Whole text messages only: the servers under test never fragment frames of at most 64 KB; one that does is told
so by `FramingRefused`. Payloads of the client are masked with the key that is given.
"""

import base64
import hashlib
import struct
from typing import Final

TEXT: Final = 0x1
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
FINAL_BIT: Final = 0x80
MASK_BIT: Final = 0x80
MAX_FRAME_BYTES: Final = 4 * 1024 * 1024
"""A larger frame is refused: the protocol's largest answer is about 512 KB."""

MAX_HEAD_BYTES: Final = 16 * 1024
"""An answer to the handshake whose head is longer is refused."""

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_HEAD_END: Final = b"\r\n\r\n"


class FramingRefused(ValueError):
    """The server sent what no server of this protocol sends; `reason` is a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def client_frame(opcode: int, payload: bytes, key: bytes) -> bytes:
    """Return a whole frame, masked with the four bytes of `key`."""
    size = len(payload)
    first = FINAL_BIT | opcode
    if size < 126:
        head = bytes((first, MASK_BIT | size))
    elif size < 65536:
        head = struct.pack("!BBH", first, MASK_BIT | 126, size)
    else:
        head = struct.pack("!BBQ", first, MASK_BIT | 127, size)
    return b"".join((head, key, masked(payload, key)))


def masked(payload: bytes, key: bytes) -> bytes:
    """Return the payload with `key` laid over it, again and again."""
    size = len(payload)
    mask = int.from_bytes((key * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(payload, "little") ^ mask).to_bytes(size, "little")


def parse_frame(data: bytes, position: int) -> tuple[int, int, int] | None:
    """Return opcode, begin and end of the payload of the frame at `position`; None while it is not all there.

    Raises FramingRefused.
    """
    available = len(data) - position
    if available < 2:
        return None
    first, size = data[position], data[position + 1]
    if first & 0xF0 != FINAL_BIT or size & MASK_BIT:
        raise FramingRefused("fragmented" if not first & FINAL_BIT else "bad_bits")
    begin = position + 2
    if size >= 126:
        width = 2 if size == 126 else 8
        if available < 2 + width:
            return None
        size = int.from_bytes(data[begin : begin + width], "big")
        begin += width
        if size > MAX_FRAME_BYTES:
            raise FramingRefused("too_large")
    end = begin + size
    return (first & 0x0F, begin, end) if end <= len(data) else None


def handshake_request(host: str, path: str, key: bytes) -> bytes:
    """Return the opening request (RFC 6455 §4.1); `key` is its sixteen bytes in base64."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key.decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def handshake_key(random: bytes) -> tuple[bytes, bytes]:
    """Return the key for sixteen random bytes and the answer that a server must give to it."""
    key = base64.b64encode(random)
    return key, base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())


def handshake_end(data: bytes, expected: bytes) -> int:
    """Return where the first frame begins; 0 while the answer is not all there.

    Raises FramingRefused with `http_<status>` when the server does not switch, with `bad_accept` when it should not.
    """
    end = data.find(_HEAD_END)
    if end < 0:
        if len(data) > MAX_HEAD_BYTES:
            raise FramingRefused("head_too_large")
        return 0
    lines = data[:end].split(b"\r\n")
    status = lines[0].split(b" ")[1:2]
    if status != [b"101"]:
        raise FramingRefused(f"http_{b''.join(status).decode('latin-1') or 'none'}")
    for line in lines[1:]:
        name, _colon, value = line.partition(b":")
        if name.lower() == b"sec-websocket-accept" and value.strip() == expected:
            return end + len(_HEAD_END)
    raise FramingRefused("bad_accept")


def close_code(payload: bytes) -> int:
    """Return the code of a close frame's payload; 1005 where it has none."""
    return int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
