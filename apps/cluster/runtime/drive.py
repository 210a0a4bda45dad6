"""The control plane's own thread and event loop, so that a slow view cannot cost a leader its office.

Not here: what the control plane does.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from threading import Event, Thread

from apps.cluster.runtime.board import Board
from apps.cluster.runtime.config import ClusterConfig
from apps.cluster.runtime.engine import Engine, Outcome
from apps.cluster.runtime.links import Answerer

try:
    from uvloop import new_event_loop
except ImportError:
    from asyncio import new_event_loop

logger = logging.getLogger(__name__)

START_S = 60.0
"""How long opening files and ports may take (a large log on a slow disk); then the start fails."""
STOP_S = 5.0
"""How long closing everything may take; then the thread is left to the end of the process."""


class DriveThread:
    """One node in one thread. After `on_stop(code, detail)`, called in that thread, it does nothing any more."""

    def __init__(self, config: ClusterConfig, answer: Answerer, on_stop: Callable[[str, str], None]) -> None:
        self.board = Board()
        self._config = config
        self._answer = answer
        self._on_stop = on_stop
        self._started: Future[Engine] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._ended = Event()
        self._thread = Thread(target=self._main, name="imsite-cluster", daemon=True)

    def start(self) -> Engine:
        """Begin; returns once ports and files are open. Raises what keeps it from that (see `Engine.start`)."""
        self._thread.start()
        return self._started.result(START_S)

    def stop(self) -> None:
        """End at once; returns when the ports and the folder are free."""
        if self._loop is not None and self._ending is not None and not self._ended.is_set():
            self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(STOP_S)

    def post(self, work: Callable[[], None]) -> bool:
        """Have `work` done in the thread soon. Returns False if it has ended."""
        if self._ended.is_set() or self._loop is None:
            return False
        try:
            self._loop.call_soon_threadsafe(work)
        except RuntimeError:
            return False
        return True

    def ask(self, engine: Engine, question: Callable[[int], int]) -> Future[Outcome]:
        """Ask the machine from any thread; the future gets a code and a result."""
        future: Future[Outcome] = Future()
        future.set_running_or_notify_cancel()  # So a caller that waits no longer cannot take it from the thread.
        if not self.post(lambda: engine.ask(question, future)):
            future.set_result(("stopped", None))
        return future

    def _main(self) -> None:
        loop = self._loop = new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(self._live())
        except BaseException as error:
            if self._started.done():
                logger.exception("the control plane's thread ended")
                self._on_stop("defect", f"{type(error).__name__}: {error}")
            else:
                self._started.set_exception(error)
        finally:
            self._ended.set()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    async def _live(self) -> None:
        self._ending = asyncio.Event()
        engine = Engine(self._config, self.board, self._answer, self._stopped)
        await engine.start()
        self._started.set_result(engine)
        await self._ending.wait()
        await engine.stop()

    def _stopped(self, code: str, detail: str) -> None:
        if self._ending is not None:
            self._ending.set()
        self._on_stop(code, detail)
