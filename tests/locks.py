"""What a service locks, and in which order: seen in its statements, so a lock that went missing fails at once.

A race shows a missing lock now and then only; what two transactions do to each other is tested where it matters.
"""

import re
from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

_LOCKING = re.compile(r"FOR ((?:NO KEY |KEY )?(?:UPDATE|SHARE))")
_TABLE = re.compile(r'FROM "?(\w+)"?')


def locked_by(work: Callable[[], object]) -> list[str]:
    """Do it and return the tables of which it locked rows, in order; once for locks that follow on each other."""
    return [table for table, _strength in _once(held_by(work), by=0)]


def held_by(work: Callable[[], object]) -> list[tuple[str, str]]:
    """Do the same and return how strong each lock is, too: `UPDATE`, `NO KEY UPDATE`, `KEY SHARE`."""
    with CaptureQueriesContext(connection) as captured:
        work()
    found = []
    for statement in (each["sql"] for each in captured.captured_queries):
        table, strength = _TABLE.search(statement), _LOCKING.search(statement)
        if table is not None and strength is not None:
            found.append((table.group(1), strength.group(1)))
    return _once(found, by=slice(None))


def _once(locks: list[tuple[str, str]], *, by: int | slice) -> list[tuple[str, str]]:
    """Without those that follow on their like."""
    return [lock for before, lock in zip([None, *locks], locks, strict=False) if not before or before[by] != lock[by]]
