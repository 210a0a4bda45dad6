"""Answers to requests that open a WebSocket: the upgrade, or why not. Answers to other requests are not made here."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from apps.edge.protocol.request import Refused

_FORBIDDEN: Final = frozenset(b"\r\n\0")
_OURS: Final = frozenset({b"upgrade", b"connection", b"sec-websocket-accept", b"sec-websocket-extensions"})

Headers = Iterable[tuple[bytes, bytes]]


def upgrade_response(accept: bytes, subprotocol: str | None, headers: Headers = ()) -> bytes:
    """The 101 that opens the socket. Raises ValueError for headers that would break or contradict it."""
    lines = [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ",
        accept,
        b"\r\n",
    ]
    if subprotocol is not None:
        lines.append(_line(b"Sec-WebSocket-Protocol", subprotocol.encode("ascii")))
    for name, value in headers:
        if name.lower() in _OURS:
            raise ValueError(f"{name.decode('latin-1')} is the server's to say")
        lines.append(_line(name, value))
    return b"".join([*lines, b"\r\n"])


def refusal(error: Refused) -> bytes:
    """A whole answer that says why the request is not served; the connection closes behind it."""
    body = f"{error.reason}\n".encode()
    headers = [(b"Content-Type", b"text/plain; charset=utf-8"), (b"Content-Length", str(len(body)).encode())]
    return response_head(error.status, [*error.headers, *headers]) + body


def response_head(status: int, headers: Headers) -> bytes:
    """Status line and headers of an answer behind which the connection closes."""
    lines = [_line(name, value) for name, value in headers if name.lower() != b"connection"]
    return b"".join([_status_line(status), *lines, b"Connection: close\r\n\r\n"])


def _status_line(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:  # the application may say what it likes
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


def _line(name: bytes, value: bytes) -> bytes:
    if not name or _FORBIDDEN & set(name + value):
        raise ValueError(f"the header {name!r} would break the answer")
    return name + b": " + value + b"\r\n"
