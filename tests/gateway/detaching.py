"""A server that lets applications detach, reduced to what the gateway needs of it, over any `receive` and `send`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from channels.routing import URLRouter

from apps.gateway.consumers import DETACH

Application = Callable[..., Awaitable[None]]


class FakeSocket:
    """The server's side of a detached socket. What is written while the peer does not read waits in `waiting`."""

    def __init__(self, write: Callable[[dict[str, Any]], None], *, high_water: int = 1) -> None:
        self.reads = True
        self.aborted = False
        self.waiting: list[dict[str, Any]] = []
        self._write = write
        self._high_water = high_water
        self._closing = False

    @property
    def congested(self) -> bool:
        return len(self.waiting) >= self._high_water

    @property
    def buffered_bytes(self) -> int:
        return sum(len(event.get("text", "")) for event in self.waiting)

    def send_text(self, text: str) -> None:
        self._put({"type": "websocket.send", "text": text})

    def send_frame(self, frame: bytes) -> None:
        """A text frame as it goes over the line, of any length."""
        start = {126: 4, 127: 10}.get(frame[1], 2)
        self._put({"type": "websocket.send", "text": frame[start:].decode()})

    def close(self, code: int, reason: str = "") -> None:
        self._put({"type": "websocket.close", "code": code, "reason": reason})
        self._closing = True

    def abort(self) -> None:
        self.aborted = True

    def read_on(self, sink: Any) -> None:
        """Let the peer take what waits, and the sink hear of it."""
        self.reads = True
        while self.waiting:
            waiting, self.waiting = self.waiting, []
            for event in waiting:
                self._write(event)
            sink.writable()

    def _put(self, event: dict[str, Any]) -> None:
        if self._closing or self.aborted:
            return
        if self.reads:
            self._write(event)
        else:
            self.waiting.append(event)


def detaching(application: URLRouter) -> Application:
    """The application, served by a server with the extension: after it returned, events go to its sink."""

    async def serve(scope: dict[str, Any], receive: Any, send: Any) -> None:
        sinks: list[Any] = []
        sending: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        aborting = asyncio.Event()

        class Server(FakeSocket):
            def abort(self) -> None:
                aborting.set()

        def detach(sink: Any) -> FakeSocket:
            sinks.append(sink)
            return Server(sending.put_nowait)

        async def write_for_ever() -> None:
            while True:
                await send(await sending.get())

        await application({**scope, "extensions": {DETACH: detach}}, receive, send)
        if not sinks:
            return
        code, tasks = 1006, [asyncio.ensure_future(work) for work in (write_for_ever(), aborting.wait())]
        reading = asyncio.ensure_future(_read(receive, sinks[0]))
        try:
            await asyncio.wait([reading, tasks[1]], return_when=asyncio.FIRST_COMPLETED)
            code = reading.result() if reading.done() else code
        finally:
            sinks[0].closed(code)
            for task in (*tasks, reading):
                task.cancel()
            await asyncio.gather(*tasks, reading, return_exceptions=True)

    return serve


async def _read(receive: Any, sink: Any) -> int:
    while (event := await receive())["type"] == "websocket.receive":
        sink.received(event["bytes"] if event.get("text") is None else event["text"])
    return int(event.get("code", 1005))
