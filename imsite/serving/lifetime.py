"""When a node stops: on SIGTERM, on SIGINT, when the pipe to its supervisor closes, or without a place in its cluster.

The order is the same for every server: no more new connections, then the sessions finish and the cluster takes over
what this node owned (at most 25 s), then the remaining connections close.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

from apps.cluster.services import CannotStart
from apps.gateway import lifespan
from imsite.errors import NodeRemoved, OperatorError
from imsite.operating import monitoring
from imsite.phrases import phrase
from imsite.serving import duties

DRAIN_TIMEOUT_S = 25.0
"""Sessions get 4 s to close and as much to end their work, the cluster 15 s to take over."""

logger = logging.getLogger(__name__)


class StopRequest:
    """An event that is set by a signal, or by the end of standard input."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._request: Callable[[], None] = self._event.set
        self._failure = ""
        self._removed = False

    def fail(self, code: str, detail: str) -> None:
        """Stop because the node has no place in its cluster any more. From any thread, once `listen` was called."""
        self._failure = f"{detail} ({code})"
        self._removed = code == "removed"
        self._request()

    def raise_failure(self) -> None:
        """Raise OperatorError if the stop was not asked for; NodeRemoved if that is for good."""
        if self._failure:
            failure = NodeRemoved if self._removed else OperatorError
            raise failure(phrase("this node had to leave its cluster: {reason}", reason=self._failure))

    async def wait(self) -> None:
        """Return once the node should stop."""
        await self._event.wait()

    def listen(self, loop: asyncio.AbstractEventLoop, *, until_stdin_closes: bool) -> None:
        """Listen for `loop` to the signals of this system and, if asked, to standard input. Main thread only."""

        def request() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: stopped already
                loop.call_soon_threadsafe(self._event.set)

        self._request = request
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: request())
        if until_stdin_closes:
            call_when_stdin_closes(request)


def call_when_stdin_closes(callback: Callable[[], None]) -> threading.Thread:
    """Call `callback` in a thread of its own, which is returned, once the other end of standard input is gone."""

    def read_to_the_end() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        callback()

    thread = threading.Thread(target=read_to_the_end, name="stdin-watch", daemon=True)
    thread.start()
    return thread


async def open_gateway(stop: StopRequest) -> None:
    """Start what the gateway needs in this event loop, before the first connection. Raises OperatorError."""
    monitoring.start()
    try:
        await lifespan.startup(stop.fail)
    except CannotStart as error:
        await monitoring.stop()
        raise OperatorError(phrase("this node cannot enter its cluster: {reason}", reason=error)) from error
    duties.start()


async def drain_gateway() -> None:
    """Let the gateway finish its sessions and write what it holds, and jobs end meanwhile; cut off after 25 s."""
    try:
        await asyncio.wait_for(asyncio.gather(duties.stop(), lifespan.shutdown()), DRAIN_TIMEOUT_S)
    except TimeoutError:
        logger.error("the sessions did not finish in time", extra={"timeout_s": DRAIN_TIMEOUT_S})
    await monitoring.stop()
