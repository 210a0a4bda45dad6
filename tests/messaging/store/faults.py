"""Sessions whose connection dies at a chosen moment, by the server's own hand."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from enum import Enum

import psycopg

from apps.messaging.store.members import MemberCache
from apps.messaging.store.plan import Plan
from apps.messaging.store.session import LogSession


class Fault(Enum):
    """When the server ends the connection."""

    NONE = "none"
    BEFORE_COMMIT = "before commit"
    AFTER_COMMIT = "after commit, before the answer"


class FaultySession(LogSession):
    """Takes the next fault of the script at every write."""

    script: deque[Fault]
    dsn: str

    async def _write(self, plan: Plan) -> None:
        fault = self.script.popleft() if self.script else Fault.NONE
        if fault is Fault.BEFORE_COMMIT:
            await self._terminate()
        await super()._write(plan)
        if fault is Fault.AFTER_COMMIT:
            await self._terminate()
            self.outcome_unknown = True
            await self._connection.execute("SELECT 1")  # finds the connection dead, as reading the answer would have

    async def _terminate(self) -> None:
        async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as connection:
            await connection.execute("SELECT pg_terminate_backend(%s, 5000)", (self._connection.info.backend_pid,))


def faulty(faults: Iterable[Fault]) -> Callable[[str, MemberCache], Awaitable[FaultySession]]:
    """An `open_session` whose sessions share one script."""
    script = deque(faults)

    async def open_session(dsn: str, members: MemberCache) -> FaultySession:
        session = await FaultySession.open(dsn, members)
        session.script, session.dsn = script, dsn
        return session

    return open_session
