"""Run a transaction again when the database asks for it.

PostgreSQL and CockroachDB report a lost race as SQLSTATE 40001 (serialization failure) or 40P01 (deadlock); the whole
transaction must then run again from its start.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connections, transaction

T = TypeVar("T")

RETRYABLE_SQLSTATES = frozenset({"40001", "40P01"})
MAX_ATTEMPTS = 12
BASE_PAUSE_S = 0.005
MAX_PAUSE_S = 0.25


def is_retryable(error: BaseException) -> bool:
    """Tell whether `error`, or the driver's error beneath it, is a lost race."""
    seen: BaseException | None = error
    while seen is not None:
        if getattr(seen, "sqlstate", None) in RETRYABLE_SQLSTATES:
            return True
        seen = seen.__cause__
    return False


def pause_before_attempt(attempt: int, *, jitter: float) -> float:
    """Return the seconds to wait before try number `attempt` (from 2); exponential, bounded, `jitter` in [0, 1)."""
    return min(MAX_PAUSE_S, BASE_PAUSE_S * 2.0 ** (attempt - 2)) * (0.5 + jitter / 2)


def run_in_transaction(
    work: Callable[[], T],
    *,
    using: str = "default",
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Run `work` in one transaction and return its result; lost races are run again, at most MAX_ATTEMPTS times in all.

    Inside an open transaction `work` runs once, in a savepoint: only the outermost one can be run again.
    The last lost race is raised as it came.
    """
    if connections[using].in_atomic_block:
        with transaction.atomic(using=using):
            return work()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            with transaction.atomic(using=using):
                return work()
        except OperationalError as error:
            if attempt == MAX_ATTEMPTS or not is_retryable(error):
                raise
            sleep(pause_before_attempt(attempt + 1, jitter=random.random()))  # noqa: S311 - spreads retries only
    raise AssertionError("unreachable: the last attempt returns or raises")
