"""Frames from a server, and what close codes are allowed (RFC 6455 §5 and §7.4). Frames from clients: `reader`."""

from enum import IntEnum
from typing import Final


class Opcode(IntEnum):
    """What a frame is (§5.2)."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class CloseCode(IntEnum):
    """The close codes this server itself uses (§7.4.1 and the registry of §11.7)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    NO_STATUS = 1005
    ABNORMAL = 1006
    NOT_UTF8 = 1007
    POLICY = 1008
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    RESTART = 1012


MAX_CONTROL_BYTES: Final = 125
"""Payload of a control frame (§5.5); a longer one from a peer fails the connection."""

MAX_REASON_BYTES: Final = MAX_CONTROL_BYTES - 2
"""What the two bytes of the code leave for the reason; a longer one is cut between two characters."""

FINAL: Final = 0x80
LENGTH_16: Final = 126
LENGTH_64: Final = 127

REGISTERED_CODES: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})
"""Codes below 3000 that may stand in a close frame. 1005, 1006 and 1015 say that there was none."""

_SHORT_TEXT: Final = tuple(bytes((FINAL | Opcode.TEXT, size)) for size in range(LENGTH_16))


def text_frame(text: str) -> bytes:
    """One whole text frame, to be sent to any number of peers."""
    payload = text.encode()
    size = len(payload)
    if size < LENGTH_16:
        return _SHORT_TEXT[size] + payload
    return _header(Opcode.TEXT, size) + payload


def binary_frame(payload: bytes) -> bytes:
    """One whole binary frame."""
    return _header(Opcode.BINARY, len(payload)) + payload


def control_frame(opcode: Opcode, payload: bytes) -> bytes:
    """One control frame; its payload is cut at 125 bytes."""
    payload = payload[:MAX_CONTROL_BYTES]
    return bytes((FINAL | opcode, len(payload))) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; `NO_STATUS` makes it empty. Raises ValueError for a code that must not be sent."""
    if code == CloseCode.NO_STATUS:
        return control_frame(Opcode.CLOSE, b"")
    if not is_close_code(code):
        raise ValueError(f"{code} is no close code that may be sent")
    text = reason.encode("utf-8", "replace")[:MAX_REASON_BYTES].decode("utf-8", "ignore")
    return control_frame(Opcode.CLOSE, code.to_bytes(2, "big") + text.encode())


def is_close_code(code: int) -> bool:
    """Whether a close frame may carry this code."""
    return code in REGISTERED_CODES or 3000 <= code <= 4999


def _header(opcode: Opcode, size: int) -> bytes:
    if size < LENGTH_16:
        return bytes((FINAL | opcode, size))
    if size < 0x1_0000:
        return bytes((FINAL | opcode, LENGTH_16)) + size.to_bytes(2, "big")
    return bytes((FINAL | opcode, LENGTH_64)) + size.to_bytes(8, "big")
