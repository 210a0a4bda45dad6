"""What a service locks, and in which order: seen in its statements, so a lock that went missing fails at once.

A race shows a missing lock now and then only; what two transactions do to each other is tested where it matters.
"""

import re
from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

_LOCKING = re.compile(r"FOR (?:NO KEY |KEY )?(?:UPDATE|SHARE)")
_TABLE = re.compile(r'FROM "?(\w+)"?')


def locked_by(work: Callable[[], object]) -> list[str]:
    """Do it and return the tables of which it locked rows, in order; once for locks that follow on each other."""
    with CaptureQueriesContext(connection) as captured:
        work()
    tables: list[str] = []
    for statement in (each["sql"] for each in captured.captured_queries):
        table = _TABLE.search(statement)
        if table is not None and _LOCKING.search(statement) and tables[-1:] != [table.group(1)]:
            tables.append(table.group(1))
    return tables
