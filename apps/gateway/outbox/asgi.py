"""The outbox over a server's `send`, for servers that know nothing but ASGI.

`send` usually finishes at once, so no task exists for it: the coroutine is driven here, and only when it would wait
does a writer task take over, until the queue is empty again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

from apps.gateway.outbox.queue import Bounds, Item, Outbox

logger = logging.getLogger(__name__)

Event = dict[str, Any]
Send = Callable[[Event], Awaitable[None]]


class AsgiOutbox(Outbox):
    """Hands events to `send`, one at a time. `on_drained` is called when the peer has caught up."""

    __slots__ = ("_cut", "_send", "_writer", "on_drained")

    def __init__(self, send: Send, *, bounds: Bounds, cut: Callable[[], None]) -> None:
        super().__init__(bounds)
        self._send = send
        self._cut = cut
        self._writer: asyncio.Task[None] | None = None
        self.on_drained: Callable[[], None] | None = None

    def put_text(self, text: str) -> None:
        """Send a frame after those before it."""
        self._put(text)

    def put_close(self, code: int, reason: str) -> None:
        """Close the socket after the frames before; whatever is put later is dropped."""
        self._put((code, reason))
        self._seal()

    def pour(self) -> bool:
        """Nothing to do: the writer task writes whatever can be written, and tells `on_drained`."""
        return False

    def cut(self) -> None:
        """Cut the peer off."""
        self._cut()

    async def abandon(self) -> None:
        """Drop everything and end the writer: the peer is gone."""
        self._seal()
        self.clear()
        self.on_drained = None
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.cancel()
            await asyncio.wait([writer])

    def _put(self, item: Item) -> None:
        if self._sealed:
            return
        if self._writer is not None:
            self._append(item)
            return
        unfinished = self._begin(item)
        if unfinished is not None:
            self._waiting_since_s = asyncio.get_running_loop().time()
            self._writer = asyncio.create_task(self._write(unfinished))

    def _begin(self, item: Item) -> "_Unfinished | None":
        """Send as far as that goes without waiting; None when it is done."""
        sending = _as_coroutine(self._send(_event(item)))
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
            while (item := self._next()) is not None:
                self._waiting_since_s = loop.time()
                await self._send(_event(item))
                self._tell_if_drained()
        except Exception as error:
            self._die(error)
        finally:
            self._writer = None
            self._waiting_since_s = 0.0
        self._tell_if_drained()

    def _tell_if_drained(self) -> None:
        if self._relax() and self.on_drained is not None:
            self.on_drained()

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


def _event(item: Item) -> Event:
    if isinstance(item, str):
        return {"type": "websocket.send", "text": str(item)}  # servers may take nothing but plain texts
    return {"type": "websocket.close", "code": item[0], "reason": item[1]}


def _as_coroutine(awaitable: Awaitable[None]) -> Coroutine[Any, Any, None]:
    if asyncio.iscoroutine(awaitable):
        return awaitable

    async def wait() -> None:
        await awaitable

    return wait()
