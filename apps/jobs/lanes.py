"""A few threads side by side, each for one thing at a time: slow ones hold up nothing but themselves.

The threads are daemons: a process that has to end does not wait for what they are at. Not here: stopping them, which
only the work itself can do (`turns`).
"""

import logging
import time
from collections.abc import Callable
from threading import Condition, Thread

from django.db import connections

logger = logging.getLogger(__name__)


class Lanes:
    """At most `most` threads; one more is refused."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._busy: set[str] = set()
        self._changed = Condition()

    @property
    def busy(self) -> frozenset[str]:
        """The keys that something is done for."""
        with self._changed:
            return frozenset(self._busy)

    @property
    def is_full(self) -> bool:
        """Whether another key has to be refused."""
        return len(self.busy) >= self._most

    def start(self, key: str, work: Callable[[], object]) -> bool:
        """Do it in a thread of its own; False, and nothing is done, where all are taken, or one by this key."""
        with self._changed:
            if key in self._busy or len(self._busy) >= self._most:
                return False
            self._busy.add(key)
        try:
            Thread(target=self._run, args=(key, work), name=f"{self._name} {key}", daemon=True).start()
        except RuntimeError:  # the system has no more threads, or the process ends
            self._leave(key)
            raise
        return True

    def wait(self, timeout_s: float) -> bool:
        """Wait until fewer are busy than now; False if none became free in time."""
        with self._changed:
            before = len(self._busy)
            return self._changed.wait_for(lambda: len(self._busy) < before, timeout_s)

    def wait_all(self, timeout_s: float) -> bool:
        """Wait until none is busy; False if some still are after that time."""
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, max(0.0, deadline_s - time.monotonic()))

    def _run(self, key: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:
            logger.exception("%s: %s failed", self._name, key)
        finally:
            connections.close_all()
            self._leave(key)

    def _leave(self, key: str) -> None:
        with self._changed:
            self._busy.discard(key)
            self._changed.notify_all()
