"""Frames as a client writes them, right and wrong."""

from apps.edge.protocol.frames import Opcode

KEY = b"\x37\xfa\x21\x3d"


def masked(payload: bytes, key: bytes = KEY) -> bytes:
    """XOR byte by byte: the plain reading of RFC 6455 §5.3."""
    return bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


def client_frame(
    opcode: int = Opcode.TEXT,
    payload: bytes = b"",
    *,
    final: bool = True,
    reserved: int = 0,
    key: bytes | None = KEY,
    size_bytes: int | None = None,
    announced: int | None = None,
) -> bytes:
    """One frame. `size_bytes` writes the length in 2 or 8 bytes whether needed or not; `announced` lies about it."""
    size = len(payload) if announced is None else announced
    if size_bytes is None:
        size_bytes = 0 if size < 126 else 2 if size < 65_536 else 8
    short = {0: size, 2: 126, 8: 127}[size_bytes]
    first = (0x80 if final else 0) | reserved << 4 | opcode
    mask_bit = 0 if key is None else 0x80
    header = bytes((first, mask_bit | short)) + (size.to_bytes(size_bytes, "big") if size_bytes else b"")
    return header + (payload if key is None else key + masked(payload, key))


def close(code: int | None = None, reason: bytes = b"") -> bytes:
    """A client's close frame."""
    return client_frame(Opcode.CLOSE, b"" if code is None else code.to_bytes(2, "big") + reason)
