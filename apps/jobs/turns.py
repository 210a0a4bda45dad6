"""One run of a job, as the job itself sees it: the moment it began, and whether to go on.

Threads cannot be stopped from outside, so a job asks between its batches. Not here: who decides (`runner`).
"""

from datetime import datetime
from enum import StrEnum
from threading import Event


class Ending(StrEnum):
    """Why a run has to end before its work is done."""

    STOPPING = "stopping"
    """The node stops."""
    OVERRAN = "overran"
    """It took longer than it may."""
    LOST = "lost"
    """Another node took over: this one was silent for too long."""


class TurnOver(Exception):
    """The run has to end here; what was done stays done."""

    def __init__(self, ending: Ending) -> None:
        self.ending = ending
        super().__init__(ending.value)


class Turn:
    """Made by whoever runs the job. `now` is the database's time when the run began."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.done = 0
        """Things done so far."""
        self._ended = Event()
        self._ending: Ending | None = None

    @property
    def ending(self) -> Ending | None:
        """Why it has to end; None while it may go on."""
        return self._ending

    def end(self, ending: Ending) -> None:
        """Have it end at the next occasion. From any thread; the first reason counts."""
        if self._ending is None:
            self._ending = ending
            self._ended.set()

    def proceed(self) -> None:
        """Return if it may go on. Raises TurnOver."""
        if self._ending is not None:
            raise TurnOver(self._ending)

    def did(self, count: int) -> None:
        """Count things done, in a transaction that has ended, and go on. Raises TurnOver."""
        self.done += count
        self.proceed()

    def pause(self, seconds: float) -> None:
        """Wait for so long, and go on. Raises TurnOver as soon as it has to end."""
        self._ended.wait(seconds)
        self.proceed()
