"""What is done after a request was answered, so that its duration tells nothing: mail, and notes of failures.

One thread of the process does it, in order. What waits is bounded, and lost when the process ends: none of it is
something that anybody was promised.
"""

import logging
import queue
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Final

from django.db import connections

logger = logging.getLogger(__name__)

MAX_WAITING: Final = 512
"""At the bound further jobs are dropped, and the log says so: whoever floods the door waits for no mail of hers."""

Job = Callable[[], None]


class Afterwards:
    """A queue with a thread, which is started by the first job."""

    def __init__(self, *, max_waiting: int = MAX_WAITING) -> None:
        self._jobs: queue.Queue[Job] = queue.Queue(max_waiting)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def post(self, job: Job) -> bool:
        """Do it soon, with the context of now (who asks, from where). False when it was dropped."""
        context = copy_context()
        try:
            self._jobs.put_nowait(lambda: context.run(job))
        except queue.Full:
            logger.warning("too much to do after sign-ins: a note or a mail was dropped")
            return False
        self._ensure_thread()
        return True

    def settle(self) -> None:
        """Wait until everything posted so far is done."""
        self._jobs.join()

    def _ensure_thread(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="afterwards", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except Exception:
                logger.exception("a job after a sign-in failed")
            finally:
                connections.close_all()
                self._jobs.task_done()


_afterwards: Final = Afterwards()


def do_afterwards(job: Job) -> bool:
    """Hand a job to this process's thread; see `Afterwards.post`."""
    return _afterwards.post(job)
