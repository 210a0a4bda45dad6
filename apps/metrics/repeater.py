"""Does something again and again in a thread of its own: recording and pushing, which may wait, never hold the loop.

Bounded: one call at a time; when one takes longer than the interval, the next begins late and none piles up.
"""

import logging
from collections.abc import Callable
from threading import Event, Thread
from typing import Final

logger = logging.getLogger(__name__)

STOP_WITHIN_S: Final = 2.0
"""How long `stop` waits for a call under way; then the thread, a daemon, is left to end by itself."""


class Repeater:
    """Calls `work` every `interval_s` from `start` to `stop`. What it raises is logged when it begins to fail."""

    def __init__(self, name: str, interval_s: float, work: Callable[[], None]) -> None:
        self._name = name
        self._interval_s = interval_s
        self._work = work
        self._ended = Event()
        self._failing = False
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; the first call comes after one interval."""
        self._thread.start()

    def stop(self) -> None:
        """End, after a call under way if it is done soon."""
        self._ended.set()
        self._thread.join(STOP_WITHIN_S)

    def call(self) -> None:
        """Do it once, now."""
        try:
            self._work()
        except Exception as error:
            if not self._failing:
                logger.warning("%s fails and is tried again every %s s: %r", self._name, self._interval_s, error)
            self._failing = True
        else:
            self._failing = False

    def _run(self) -> None:
        while not self._ended.wait(self._interval_s):
            self.call()
