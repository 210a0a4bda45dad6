"""What one connection still has to send, and whether its peer keeps up.

A server's `send` usually finishes at once, so no task exists for it: the coroutine is driven here, and only when it
would wait does a writer task take over, until the queue is empty again. Beyond `congested_bytes` the connection is
told to leave out what can be repaired later; beyond `limit_bytes` there is no room any more.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any

logger = logging.getLogger(__name__)

Event = dict[str, Any]
Send = Callable[[Event], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Bounds of what waits for one peer; its server and the kernel buffer some 100 KB more."""

    congested_bytes: int = 256 * 1024
    """From here on events are left out and the peer is told to sync them once it has caught up."""

    relaxed_bytes: int = 32 * 1024
    """Below this it has caught up."""

    limit_bytes: int = 1024 * 1024
    limit_frames: int = 4096
    """Answers count too; at either bound the connection closes with 4413."""

    stuck_s: float = 30
    """A peer that takes nothing for so long is given up."""


class Outbox:
    """A bounded queue in front of the server's `send`. Lives in one event loop."""

    __slots__ = (
        "_bounds",
        "_bytes",
        "_caught_up",
        "_on_drained",
        "_queue",
        "_sealed",
        "_send",
        "_writer",
        "_writing_since",
        "congested",
    )

    def __init__(self, send: Send, *, on_drained: Callable[[], None], bounds: Bounds) -> None:
        self._send = send
        self._on_drained = on_drained
        self._bounds = bounds
        self._queue: deque[Event] = deque()
        self._bytes = 0
        self._sealed = False
        self._caught_up: asyncio.Event | None = None
        self._writer: asyncio.Task[None] | None = None
        self._writing_since = 0.0
        self.congested = False
        """True from the bound on, until the peer has caught up."""

    @property
    def has_room(self) -> bool:
        """False once a bound is reached; the connection must end then."""
        return self._bytes < self._bounds.limit_bytes and len(self._queue) < self._bounds.limit_frames

    def put_text(self, text: str) -> None:
        """Send a frame after those before it."""
        self._put({"type": "websocket.send", "text": text}, len(text))

    def put_close(self, code: int, reason: str) -> None:
        """Close the socket after the frames before; whatever is put later is dropped."""
        self._put({"type": "websocket.close", "code": code, "reason": reason}, 0)
        self._seal()

    def clear(self) -> None:
        """Drop what waits; the frame being written goes on."""
        self._queue.clear()
        self._bytes = 0

    def is_stuck(self, now_s: float) -> bool:
        """Tell whether one frame has waited for the peer too long, by the loop's clock."""
        return self._writer is not None and now_s - self._writing_since > self._bounds.stuck_s

    async def caught_up(self) -> None:
        """Wait until the peer keeps up, or nothing more can be sent to it. At once when it keeps up."""
        if self.congested and not self._sealed:
            self._caught_up = self._caught_up or asyncio.Event()
            await self._caught_up.wait()

    async def abandon(self) -> None:
        """Drop everything and end the writer: the peer is gone."""
        self._seal()
        self.clear()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.cancel()
            await asyncio.wait([writer])

    def _put(self, event: Event, size: int) -> None:
        if self._sealed:
            return
        if self._writer is not None:
            self._queue.append(event)
            self._bytes += size
            self.congested = self.congested or self._bytes > self._bounds.congested_bytes
            return
        unfinished = self._begin(event)
        if unfinished is not None:
            self._writing_since = asyncio.get_running_loop().time()
            self._writer = asyncio.create_task(self._write(unfinished))

    def _begin(self, event: Event) -> "_Unfinished | None":
        """Send as far as that goes without waiting; None when it is done."""
        sending = _as_coroutine(self._send(event))
        try:
            return _Unfinished(sending, sending.send(None))
        except StopIteration:
            return None
        except Exception as error:
            self._die(error)
            return None

    async def _write(self, unfinished: "_Unfinished") -> None:
        loop = asyncio.get_running_loop()
        try:
            await unfinished
            while self._queue:
                event = self._queue.popleft()
                self._bytes -= len(event.get("text", ""))
                self._writing_since = loop.time()
                await self._send(event)
                self._relax()
        except Exception as error:
            self._die(error)
        finally:
            self._writer = None
        self._relax()

    def _relax(self) -> None:
        if self.congested and self._bytes <= self._bounds.relaxed_bytes:
            self.congested = False
            self._on_drained()
            self._release()

    def _seal(self) -> None:
        self._sealed = True
        self._release()

    def _release(self) -> None:
        if self._caught_up is not None:
            self._caught_up.set()
            self._caught_up = None

    def _die(self, error: Exception) -> None:
        logger.debug("sending failed, the peer is gone: %r", error)
        self._seal()
        self.clear()


class _Unfinished:
    """A coroutine that was begun outside a task and waits for something; awaiting this carries it on."""

    __slots__ = ("_coroutine", "_first")

    def __init__(self, coroutine: Coroutine[Any, Any, None], first: Any) -> None:
        self._coroutine = coroutine
        self._first = first

    def __await__(self) -> Generator[Any, Any, None]:
        argument: Any
        step: Callable[[Any], Any]
        waiting_for = self._first
        while True:
            try:
                argument, step = (yield waiting_for), self._coroutine.send
            except BaseException as error:
                argument, step = error, self._coroutine.throw
            try:
                waiting_for = step(argument)
            except StopIteration:
                return


def _as_coroutine(awaitable: Awaitable[None]) -> Coroutine[Any, Any, None]:
    if asyncio.iscoroutine(awaitable):
        return awaitable

    async def wait() -> None:
        await awaitable

    return wait()
