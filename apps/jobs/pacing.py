"""When a job is due: regularly, after a failure, and for the first time. Rules without a clock, a die or a database.

`luck` is a number from 0 up to 1, by chance: it keeps jobs that began together from going on together.
"""

from datetime import datetime, timedelta
from typing import Final

SPREAD: Final = 0.1
"""By this part of its interval, at most, a job is due earlier or later."""
FIRST_WITHIN: Final = timedelta(minutes=5)
"""A job that never ran is due within this time, or within its interval if that is shorter."""

RETRY: Final = timedelta(seconds=10)
"""After how long a job is tried again that failed once."""


def first_due(now: datetime, every: timedelta, *, luck: float) -> datetime:
    """Return when a job that was just registered is due."""
    return now + min(every, FIRST_WITHIN) * luck


def next_due(now: datetime, every: timedelta, *, luck: float) -> datetime:
    """Return when a job that begins now is due again. Always later than now."""
    return now + every * (1 - SPREAD + 2 * SPREAD * luck)


def retry_due(now: datetime, every: timedelta, *, failures: int, first: timedelta) -> datetime:
    """Return when a job is tried again that failed for the `failures`th time in a row (from 1).

    Twice as late with each failure, from `first` on, and never later than its interval.
    """
    delay = first
    for _ in range(failures - 1):
        if delay >= every:
            break
        delay *= 2
    return now + min(every, delay)
