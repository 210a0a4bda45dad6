"""The head of an HTTP/1.1 request, and whether it opens a WebSocket (RFC 9112 §3 and §5, RFC 6455 §4.2.1).

A head that asks for anything else is only split, not judged: the HTTP protocol behind gets its bytes as they came.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from apps.edge.protocol.limits import HeadLimits

Headers = list[tuple[bytes, bytes]]

END_OF_HEAD: Final = b"\r\n\r\n"
VERSION: Final = b"13"
KEY_BYTES: Final = 16
ACCEPT_SALT: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_STRAY: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n")
"""Control characters, and halves of a line's end: nowhere in a head is there room for them."""
_TARGET: Final = re.compile(rb"[\x21-\x7e]+")
_HTTP_1: Final = re.compile(rb"HTTP/1\.[01]")


class Refused(Exception):
    """The request is not served. `status` is an HTTP status; `reason` is for the person who reads the answer."""

    def __init__(self, status: int, reason: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Head:
    """A request head as it was written; names of headers are in lower case."""

    method: bytes
    target: bytes
    version: bytes
    headers: Headers
    _fields: dict[bytes, list[bytes]]

    @property
    def opens_websocket(self) -> bool:
        """Whether the peer asks for this protocol, well or badly."""
        return b"websocket" in self.tokens(b"upgrade") and b"upgrade" in self.tokens(b"connection")

    def values(self, name: bytes) -> list[bytes]:
        """Every value of a header, by its lower-case name."""
        return self._fields.get(name, [])

    def tokens(self, name: bytes) -> list[bytes]:
        """The members of a comma-separated header, in lower case."""
        return [part.strip().lower() for value in self.values(name) for part in value.split(b",")]

    @property
    def path(self) -> str:
        """Path of the target, percent-decoded."""
        return unquote(self.raw_path.decode("ascii"))

    @property
    def raw_path(self) -> bytes:
        """Path of the target as written."""
        return self.target.partition(b"?")[0]

    @property
    def query(self) -> bytes:
        """What follows the question mark."""
        return self.target.partition(b"?")[2]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A request that opens a WebSocket and may be accepted."""

    accept: bytes
    subprotocols: list[str]


def end_of_head(data: bytes, limits: HeadLimits, searched_bytes: int = 0) -> int:
    """Return where the head in `data` ends, 0 while it is not all there. Raises Refused when it is too long.

    `searched_bytes` of the data were looked at before and had no end; they are not searched again.
    """
    found = data.find(END_OF_HEAD, max(0, searched_bytes - len(END_OF_HEAD) + 1))
    size = len(data) if found < 0 else found + len(END_OF_HEAD)
    if size > limits.max_head_bytes:
        raise Refused(431, f"the head of the request is larger than {limits.max_head_bytes} bytes")
    return 0 if found < 0 else size


def parse_head(data: bytes, limits: HeadLimits) -> Head:
    """Split a whole head, up to and with its empty line. Raises Refused."""
    if _STRAY.search(data):
        raise Refused(400, "the request has characters it must not have")
    request_line, *lines = data[: -len(END_OF_HEAD)].split(b"\r\n")
    if len(lines) > limits.max_headers:
        raise Refused(431, f"the request has more than {limits.max_headers} headers")
    method, target, version = _request_line(request_line)
    headers = [_header(line) for line in lines]
    fields: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        fields.setdefault(name, []).append(value)
    return Head(method, target, version, headers, fields)


def check_upgrade(head: Head) -> Upgrade:
    """Check a head that asks for a WebSocket. Raises Refused with what the peer has to change."""
    if head.method != b"GET":
        raise Refused(405, "a WebSocket is opened by GET", ((b"allow", b"GET"),))
    if head.version != b"HTTP/1.1":
        raise Refused(400, "a WebSocket is opened by HTTP/1.1")
    if not head.target.startswith(b"/"):
        raise Refused(400, "the target of the request is not a path")
    if len(head.values(b"host")) != 1:
        raise Refused(400, "the request needs exactly one Host header")
    if head.values(b"transfer-encoding") or any(value != b"0" for value in head.values(b"content-length")):
        raise Refused(413, "a request that opens a WebSocket has no body")
    if head.values(b"sec-websocket-version") != [VERSION]:
        raise Refused(
            426, "only version 13 is spoken", ((b"sec-websocket-version", VERSION), (b"upgrade", b"websocket"))
        )
    return Upgrade(accept_key(_key(head)), _subprotocols(head))


def accept_key(key: bytes) -> bytes:
    """What proves to the peer that its handshake was understood (§4.2.2)."""
    return base64.b64encode(hashlib.sha1(key + ACCEPT_SALT, usedforsecurity=False).digest())


def _request_line(line: bytes) -> tuple[bytes, bytes, bytes]:
    parts = line.split(b" ")
    if len(parts) != 3:
        raise Refused(400, "the request line has not three parts")
    method, target, version = parts
    if not _TOKEN.fullmatch(method) or not _TARGET.fullmatch(target):
        raise Refused(400, "the request line has characters it must not have")
    if not _HTTP_1.fullmatch(version):
        raise Refused(505, "only HTTP/1.0 and HTTP/1.1 are spoken")
    return method, target, version


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not _TOKEN.fullmatch(name):
        raise Refused(400, "a header is malformed")
    return name.lower(), value.strip(b" \t")


def _key(head: Head) -> bytes:
    keys = head.values(b"sec-websocket-key")
    try:
        is_good = len(keys) == 1 and len(base64.b64decode(keys[0], validate=True)) == KEY_BYTES
    except binascii.Error:
        is_good = False
    if not is_good:
        raise Refused(400, "the request needs one Sec-WebSocket-Key of 16 bytes in Base64")
    return keys[0]


def _subprotocols(head: Head) -> list[str]:
    """The names the peer offers, in its order. Raises Refused for what is no token or is offered twice."""
    offered = [part.strip() for value in head.values(b"sec-websocket-protocol") for part in value.split(b",")]
    if not all(_TOKEN.fullmatch(name) for name in offered) or len(set(offered)) != len(offered):
        raise Refused(400, "Sec-WebSocket-Protocol is malformed")
    return [name.decode("ascii") for name in offered]
