"""One connection of the event loop to the database: made when it is needed, made anew when it is dead.

For statements of one's own that are complete in themselves and may run twice, such as reads, and writes that say what
the end result is: each is a transaction, and is run again where the connection died under it or a race was lost.
"""

import asyncio
import random
from collections.abc import Sequence
from typing import Any, Final, LiteralString

import psycopg
from psycopg import AsyncConnection

from apps.common.arrays import register_packed
from apps.common.database import NETWORK, STATEMENT_TIMEOUT_MS
from apps.common.errors import Unavailable
from apps.common.retry import RETRYABLE_SQLSTATES, pause_before_attempt

EXECUTE_WITHIN_S: Final = 9.0
"""Connecting, waiting and tries again included; then Unavailable."""
LOCK_TIMEOUT_MS: Final = 1_000
"""A row that someone holds for longer is not waited for: others wait for this line."""
MAX_ATTEMPTS: Final = 6

Row = tuple[Any, ...]
"""What a statement returns."""

_SETTINGS: Final = "SELECT set_config('statement_timeout', %s, false), set_config('lock_timeout', %s, false)"


class Line:
    """Carries one statement at a time, in the order of the calls. Knows the packed arrays."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._lock = asyncio.Lock()
        self._connection: AsyncConnection | None = None

    async def execute(self, statement: LiteralString, parameters: Sequence[object] = ()) -> list[Row]:
        """Return the rows. Raises Unavailable where the database is away or too busy, psycopg.Error for a defect."""
        try:
            async with self._lock, asyncio.timeout(EXECUTE_WITHIN_S):
                return await self._persist(statement, parameters)
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            raise Unavailable from error

    async def close(self) -> None:
        """Disconnect, after the statement under way."""
        async with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                await connection.close()

    async def _persist(self, statement: LiteralString, parameters: Sequence[object]) -> list[Row]:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            connection, is_fresh = await self._connected()
            try:
                cursor = await connection.execute(statement, parameters, binary=True)
                return [] if cursor.description is None else await cursor.fetchall()
            except psycopg.OperationalError as error:
                has_died = connection.closed and not is_fresh
                if attempt == MAX_ATTEMPTS or not (has_died or error.sqlstate in RETRYABLE_SQLSTATES):
                    raise
            if attempt > 1:
                await asyncio.sleep(pause_before_attempt(attempt, jitter=random.random()))  # noqa: S311 - spreads only
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _connected(self) -> tuple[AsyncConnection, bool]:
        """Return the connection, and whether it was made just now."""
        if self._connection is not None and not self._connection.closed:
            return self._connection, False
        connection = await AsyncConnection.connect(self._dsn, autocommit=True, prepare_threshold=0, **NETWORK)
        try:
            register_packed(connection)
            await connection.execute(_SETTINGS, (str(STATEMENT_TIMEOUT_MS), str(LOCK_TIMEOUT_MS)))
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
        return connection, True
