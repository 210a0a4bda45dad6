"""When a node stops: on SIGTERM, on SIGINT, or when the pipe to its supervisor closes.

The order is the same for every server: no more new connections, then the sessions finish (at most 10 s), then the
remaining connections close.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

from apps.gateway import lifespan

DRAIN_TIMEOUT_S = 10.0

logger = logging.getLogger(__name__)


class StopRequest:
    """An event that is set by a signal, or by the end of standard input."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    async def wait(self) -> None:
        """Return once the node should stop."""
        await self._event.wait()

    def listen(self, loop: asyncio.AbstractEventLoop, *, until_stdin_closes: bool) -> None:
        """Listen for `loop` to the signals of this system and, if asked, to standard input. Main thread only."""

        def request() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: stopped already
                loop.call_soon_threadsafe(self._event.set)

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


async def open_gateway() -> None:
    """Start what the gateway needs in this event loop, before the first connection."""
    await lifespan.startup()


async def drain_gateway() -> None:
    """Let the gateway finish its sessions and write what it holds; cut off after 10 s."""
    try:
        await asyncio.wait_for(lifespan.shutdown(), DRAIN_TIMEOUT_S)
    except TimeoutError:
        logger.error("the sessions did not finish in time", extra={"timeout_s": DRAIN_TIMEOUT_S})
