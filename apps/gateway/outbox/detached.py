"""The outbox over a detached socket: no task and no queue while the peer keeps up.

The server buffers up to its own high-water mark, and says when what waits there has fallen below the low one; what is
put meanwhile waits here, where it can still be dropped in favour of a last word.
"""

import asyncio
from typing import Protocol

from apps.gateway.outbox.queue import Bounds, Item, Outbox
from apps.gateway.texts import SharedText


class Socket(Protocol):
    """What the outbox needs of a server's socket. None of these waits or raises."""

    @property
    def congested(self) -> bool:
        """Whether more waits in the server than it likes to hold."""

    def send_text(self, text: str) -> None:
        """Send one text frame."""

    def send_frame(self, frame: bytes) -> None:
        """Send a whole frame, made once for many."""

    def close(self, code: int, reason: str) -> None:
        """Begin the close handshake; what is sent later is dropped."""

    def abort(self) -> None:
        """Cut the peer off."""


class SocketOutbox(Outbox):
    """Hands frames to a socket at once, unless the socket is congested. Has no socket before `attach`."""

    __slots__ = ("_socket",)

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(bounds)
        self._socket: Socket | None = None

    def attach(self, socket: Socket) -> None:
        """Write to this socket from now on. Not called twice."""
        self._socket = socket

    def put_text(self, text: str) -> None:
        """Send a frame after those before it."""
        socket = self._socket
        if self._sealed or socket is None:
            return
        if self._queue is None and not socket.congested:
            _send_text(socket, text)
        else:
            self._wait(text)

    def put_close(self, code: int, reason: str) -> None:
        """Close the socket after the frames before; whatever is put later is dropped."""
        if self._sealed or self._socket is None:
            return
        if self._queue is None:
            self._socket.close(code, reason)
        else:
            self._wait((code, reason))
        self._seal()

    def pour(self) -> bool:
        """Write what can be written by now; True when the peer has just caught up."""
        socket = self._socket
        while socket is not None and not socket.congested and (item := self._next()) is not None:
            self._write(socket, item)
        self._waiting_since_s = 0.0 if self._queue is None else asyncio.get_running_loop().time()
        return self._relax()

    def cut(self) -> None:
        """Cut the peer off."""
        if self._socket is not None:
            self._socket.abort()

    async def abandon(self) -> None:
        """Drop everything and let go of the socket: the peer is gone."""
        self._seal()
        self.clear()
        self._socket = None

    def clear(self) -> None:
        """Drop what waits; what the server holds goes on."""
        super().clear()
        self._waiting_since_s = 0.0

    def _wait(self, item: Item) -> None:
        if self._queue is None:
            self._waiting_since_s = asyncio.get_running_loop().time()
        self._append(item)

    def _write(self, socket: Socket, item: Item) -> None:
        if isinstance(item, str):
            _send_text(socket, item)
        else:
            socket.close(*item)


def _send_text(socket: Socket, text: str) -> None:
    if type(text) is SharedText:
        socket.send_frame(text.frame())
    else:
        socket.send_text(text)
