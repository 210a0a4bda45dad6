"""An ASGI application on one WebSocket: runs it as a task until it returns, or until it detaches.

An application that detaches hands over a `Sink` and gets a `Socket`; the connection then costs no task and no
coroutine. To the connection the run is a sink, too: one that queues.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, Protocol

from apps.edge.protocol.frames import CloseCode, binary_frame
from apps.edge.protocol.request import Refused
from apps.edge.protocol.response import response_head, upgrade_response

if TYPE_CHECKING:
    from apps.edge.connection import Connection
    from apps.edge.handshake import Handshake
    from apps.edge.protocol.reader import Closing

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

DETACH: Final = "imsite.detach"
"""Name of the scope's extension whose value is `detach(sink) -> Socket`."""

logger = logging.getLogger(__name__)


class Sink(Protocol):
    """The application's side of a detached socket; called from the event loop."""

    def received(self, data: str | bytes) -> None:
        """One whole message."""

    def writable(self) -> None:
        """What waits for the peer fell below the low-water mark after having been above the high one."""

    def closed(self, code: int) -> None:
        """The end, once and last; 1006 when the peer sent no close frame, 1005 when there was no code in it."""


class Socket(Protocol):
    """The server's side of a detached socket. Nothing here waits; sending never raises."""

    @property
    def peer(self) -> str:
        """Address of the client; what trusted proxies say is taken into account."""

    @property
    def buffered_bytes(self) -> int:
        """What the peer has not taken yet, in this process."""

    @property
    def congested(self) -> bool:
        """Above the high-water mark, until below the low one."""

    def send_text(self, text: str) -> None:
        """Send a text message."""

    def send_frame(self, frame: bytes) -> None:
        """Send a frame that `text_frame` made, for many receivers of the same text."""

    def close(self, code: int, reason: str = "") -> None:
        """Begin the close handshake; later sends are dropped."""

    def abort(self) -> None:
        """Cut off at once; `closed` follows."""


class PeerGone(OSError):
    """The application sends to a socket that is closed (ASGI 2.4)."""


class _State(Enum):
    CONNECTING = auto()
    DENYING = auto()
    OPEN = auto()
    DETACHED = auto()
    CLOSED = auto()


class Run:
    """One run of the application. Also the sink of its connection until another takes over."""

    __slots__ = (
        "_closed_code",
        "_closing",
        "_connection",
        "_drained",
        "_greeted",
        "_handshake",
        "_max_queue",
        "_queue",
        "_state",
        "_task",
        "_waiter",
    )

    def __init__(self, handshake: "Handshake", max_queue: int) -> None:
        self._handshake: Handshake | None = handshake
        self._connection: Connection | None = None
        self._state = _State.CONNECTING
        self._greeted = False
        self._queue: deque[str | bytes] = deque()
        self._max_queue = max_queue
        self._closed_code: int | None = None
        self._closing: Closing | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, application: Application, scope: Scope) -> asyncio.Task[None]:
        """Run the application for this socket."""
        scope["extensions"] = {"websocket.http.response": {}, DETACH: self.detach}
        self._task = asyncio.get_running_loop().create_task(self._run(application, scope))
        return self._task

    def cancel(self) -> None:
        """End the application: its time is over."""
        if self._task is not None:
            self._task.cancel()

    def detach(self, sink: Sink) -> "Connection":
        """Let the sink take the place of this run; what has come in meanwhile reaches it a little later."""
        connection = self._connection
        if self._state is not _State.OPEN or connection is None:
            raise RuntimeError("only a socket that is accepted and not closed can be detached, and only once")
        self._state = _State.DETACHED
        if self._queue or self._closing is not None or self._closed_code is not None:
            asyncio.get_running_loop().call_soon(self._flush, connection, sink)
        else:
            connection.hand_over(sink)
            connection.resume_reading()
        return connection

    def received(self, data: str | bytes) -> None:
        """Queue a message of the peer; at the bound the connection reads no more."""
        self._queue.append(data)
        if len(self._queue) >= self._max_queue and self._connection is not None:
            self._connection.pause_reading()
        _wake(self._waiter)

    def defers(self, closing: "Closing") -> bool:
        """The peer closes: tell whether the application has something to do before it is answered.

        It has until it asks for the next message and there is none, or the close timeout.
        """
        is_waiting = self._waiter is not None and not self._waiter.done()
        if is_waiting and not self._queue:
            return False
        self._closing = closing
        return True

    @property
    def closing_code(self) -> int:
        """The code of the peer's close frame that was deferred."""
        return self._closing.code if self._closing is not None else CloseCode.ABNORMAL

    def writable(self) -> None:
        """The peer has caught up."""
        _wake(self._drained)

    def closed(self, code: int) -> None:
        """The socket, or the request that would have become one, is gone."""
        self._closed_code = code
        self._handshake = None
        _wake(self._waiter)
        _wake(self._drained)

    async def receive(self) -> Message:
        """ASGI's `receive`."""
        if not self._greeted:
            self._greeted = True
            return {"type": "websocket.connect"}
        if not self._queue and self._closing is not None and self._connection is not None:
            self._connection.finish(self._closing)
        while not self._queue and self._closed_code is None:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if not self._queue:
            self._state = _State.CLOSED
            return {"type": "websocket.disconnect", "code": self._closed_code, "reason": ""}
        data = self._queue.popleft()
        if self._connection is not None and len(self._queue) <= self._max_queue // 2:
            self._connection.resume_reading()
        if isinstance(data, str):
            return {"type": "websocket.receive", "text": data}
        return {"type": "websocket.receive", "bytes": data}

    async def send(self, message: Message) -> None:
        """ASGI's `send`; waits while the peer is congested. Raises PeerGone, and RuntimeError out of turn."""
        kind = message["type"]
        if self._state is _State.CLOSED or self._closed_code is not None:
            raise PeerGone("the socket is closed")
        if self._state is _State.CONNECTING and kind == "websocket.accept":
            self._accept(message)
        elif self._state is _State.CONNECTING and kind == "websocket.close":
            self._refuse(403, "the application refused the socket")
        elif self._state is _State.CONNECTING and kind == "websocket.http.response.start":
            self._begin_denial(message)
        elif self._state is _State.DENYING and kind == "websocket.http.response.body":
            await self._deny(message)
        elif self._state is _State.OPEN and kind == "websocket.send":
            await self._send(message)
        elif self._state is _State.OPEN and kind == "websocket.close":
            self._close(int(message.get("code") or CloseCode.NORMAL), str(message.get("reason") or ""))
        else:
            raise RuntimeError(f"{kind} has no place here: the socket is {self._state.name.lower()}")

    async def _run(self, application: Application, scope: Scope) -> None:
        try:
            await application(scope, self.receive, self.send)
        except PeerGone:
            self._finish(CloseCode.NORMAL)
        except asyncio.CancelledError:
            self._finish(CloseCode.RESTART)
            raise
        except Exception:
            if self._connection is not None:
                self._connection.fail()
            else:
                logger.exception("the application failed before it accepted a socket")
            self._finish(CloseCode.INTERNAL_ERROR)
        else:
            self._finish(CloseCode.NORMAL)
        finally:
            self._task = None

    def _finish(self, code: CloseCode) -> None:
        """The application is at its end: so is the socket, unless it was detached."""
        if self._state is _State.CONNECTING:
            self._refuse(503 if code == CloseCode.RESTART else 500, "the application did not answer")
        elif self._state is _State.DENYING:
            self._hang_up()
        elif self._state is _State.OPEN:
            self._close(code, "")

    def _accept(self, message: Message) -> None:
        handshake = self._handshake
        if handshake is None:
            raise PeerGone("the peer is gone")
        subprotocol = message.get("subprotocol")
        if subprotocol is not None and subprotocol not in handshake.subprotocols:
            raise ValueError(f"the peer did not offer the subprotocol {subprotocol!r}")
        response = upgrade_response(handshake.accept_key, subprotocol, message.get("headers") or ())
        self._state = _State.OPEN
        self._handshake = None
        handshake.accept(self, response)

    def opened(self, connection: "Connection") -> None:
        """The handshake is done: this is the connection."""
        self._connection = connection

    def _refuse(self, status: int, reason: str) -> None:
        self._state = _State.CLOSED
        handshake, self._handshake = self._handshake, None
        if handshake is not None:
            handshake.refuse(Refused(status, reason))

    def _begin_denial(self, message: Message) -> None:
        handshake = self._handshake
        if handshake is None:
            raise PeerGone("the peer is gone")
        handshake.deny(int(message["status"]), response_head(int(message["status"]), message.get("headers") or ()))
        self._state = _State.DENYING

    async def _deny(self, message: Message) -> None:
        handshake = self._handshake
        if handshake is None:
            raise PeerGone("the peer is gone")
        handshake.write(message.get("body") or b"")
        if handshake.congested:
            await self._caught_up()
        if not message.get("more_body"):
            self._hang_up()

    def _hang_up(self) -> None:
        self._state = _State.CLOSED
        handshake, self._handshake = self._handshake, None
        if handshake is not None:
            handshake.hang_up()

    async def _send(self, message: Message) -> None:
        connection, text = self._connection, message.get("text")
        if connection is None:
            raise PeerGone("the socket is closed")
        if text is not None:
            connection.send_text(text)
        else:
            connection.send_frame(binary_frame(message["bytes"]))
        if connection.congested:
            await self._caught_up()

    async def _caught_up(self) -> None:
        if self._drained is None or self._drained.done():
            self._drained = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._drained)

    def _close(self, code: int, reason: str) -> None:
        if self._connection is not None:
            self._connection.close(code, reason)
        self._state = _State.CLOSED

    def _flush(self, connection: "Connection", sink: Sink) -> None:
        while self._queue and (connection.is_open or self._closed_code is not None):
            try:
                sink.received(self._queue.popleft())
            except Exception:
                connection.fail()
                break
        connection.hand_over(sink, self._closed_code)
        if self._closing is not None and self._closed_code is None:
            connection.finish(self._closing)
        connection.resume_reading()


def _wake(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
