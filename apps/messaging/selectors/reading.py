"""One reading, two drivers: the event loop's connections, or Django's.

A reading is a generator that yields statements and is sent their rows, so what is read and how it becomes an answer
is written once.
"""

from collections.abc import Callable, Coroutine, Generator
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import psycopg
from django.db import connection
from psycopg_pool import PoolTimeout, TooManyRequests

from apps.messaging import runtime
from apps.messaging.errors import Busy, Unavailable

Row = tuple[Any, ...]
Statement = tuple[str, tuple[Any, ...]]
P = ParamSpec("P")
T = TypeVar("T")
Reading = Generator[Statement, list[Row], T]

ATTEMPTS = runtime.POOL_MAX_SIZE + 1
"""A connection that died with the database's last restart shows it when it is used, and every one in the pool may
have: then once more on another, until one is new."""


def live(read: Callable[P, Reading[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Run a reading on the event loop's connections. Raises Busy or Unavailable besides what it raises itself."""

    @wraps(read)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await _run_live(read(*args, **kwargs))
            except TooManyRequests as error:
                raise Busy from error
            except PoolTimeout as error:
                raise Unavailable from error
            except psycopg.OperationalError as error:
                if attempt == ATTEMPTS:
                    raise Unavailable from error
        raise AssertionError("unreachable: the last attempt returns or raises")

    return run


def blocking(read: Callable[P, Reading[T]]) -> Callable[P, T]:
    """Run a reading on Django's connection, within the caller's transaction if there is one."""

    @wraps(read)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        reading = read(*args, **kwargs)
        try:
            statement = next(reading)
            while True:
                with connection.cursor() as cursor:
                    cursor.execute(*statement)
                    rows = cast("list[Row]", cursor.fetchall())
                statement = reading.send(rows)
        except StopIteration as stop:
            return cast("T", stop.value)

    return run


async def _run_live(reading: Reading[T]) -> T:
    async with runtime.get().pool.connection() as borrowed:
        try:
            statement = next(reading)
            while True:
                cursor = await borrowed.execute(*statement, binary=True)
                statement = reading.send(await cursor.fetchall())
        except StopIteration as stop:
            return cast("T", stop.value)
