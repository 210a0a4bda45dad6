"""One connection that appends batches to logs: two round trips and a commit. Who retries and when is the lane's matter.

Round trip 1: lock the logs, look up the ids that may be known (once per membership change: read the members).
Round trip 2: move the logs, insert the events, commit.
"""

from collections.abc import Callable, Sequence
from typing import Self

import psycopg
from psycopg import AsyncConnection

from apps.common.arrays import PACKED, register_packed
from apps.common.database import NETWORK, STATEMENT_TIMEOUT_MS
from apps.messaging.store import statements
from apps.messaging.store.members import MemberCache
from apps.messaging.store.plan import KnownEvents, LogEnd, Plan, plan_batch, suspected
from apps.messaging.store.records import Draft, MemberList, Outcome
from apps.wire.ids import ConversationId

IDLE_IN_TRANSACTION_TIMEOUT_MS = 15_000
"""The server ends the transaction of a node that stands still between the round trips, so that its locks are freed."""

_SETTINGS = """
SELECT set_config('statement_timeout', %s, false), set_config('idle_in_transaction_session_timeout', %s, false)
"""


class LogSession:
    """Appends batches over its own connection; not for concurrent use."""

    def __init__(self, connection: AsyncConnection, members: MemberCache) -> None:
        self._connection = connection
        self._members = members
        self.outcome_unknown = False
        """After an error: the commit had been sent, so the batch may be in the log or not."""

    @classmethod
    async def open(cls, dsn: str, members: MemberCache) -> Self:
        """Connect. Raises psycopg.OperationalError."""
        connection = await AsyncConnection.connect(
            dsn,
            autocommit=True,
            prepare_threshold=0,
            **NETWORK,
        )
        register_packed(connection)
        await connection.execute(_SETTINGS, (str(STATEMENT_TIMEOUT_MS), str(IDLE_IN_TRANSACTION_TIMEOUT_MS)))
        await connection.set_autocommit(False)
        return cls(connection, members)

    @property
    def closed(self) -> bool:
        """True when there is no connection any more."""
        return self._connection.closed

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def append(self, drafts: Sequence[Draft], *, now_ms: Callable[[], int], again: bool = False) -> list[Outcome]:
        """Append a batch in one transaction and return one outcome per draft.

        `again`: it was tried before, so every id is looked up. Raises psycopg.Error; then see `outcome_unknown`. After
        an error the connection is rolled back or closed.
        """
        self.outcome_unknown = False
        try:
            logs, known = await self._lock(drafts, drafts if again else suspected(drafts, now_ms=now_ms()))
            members = await self._read_members(logs)
            plan = plan_batch(drafts, logs=logs, known=known, members=members, now_ms=now_ms())
            if plan.grown:
                await self._write(plan)
            else:
                await self._connection.rollback()
        except BaseException:
            await self._abandon()
            raise
        return plan.outcomes

    async def _lock(
        self, drafts: Sequence[Draft], suspects: Sequence[Draft]
    ) -> tuple[dict[ConversationId, LogEnd], KnownEvents]:
        connection = self._connection
        lock = statements.lock_parameters(drafts, PACKED)
        if not suspects:
            locked = await connection.execute(statements.LOCK_LOGS, lock, binary=True)
            return statements.read_logs(await locked.fetchall()), {}
        async with connection.pipeline():
            locked = await connection.execute(statements.LOCK_LOGS, lock, binary=True)
            known = await connection.execute(
                statements.KNOWN_EVENTS, statements.known_parameters(suspects, PACKED), binary=True
            )
        return statements.read_logs(await locked.fetchall()), statements.read_known(await known.fetchall())

    async def _read_members(self, logs: dict[ConversationId, LogEnd]) -> dict[ConversationId, MemberList]:
        found, missing = self._members.split(logs)
        if missing:
            parameters = statements.member_parameters(missing, PACKED)
            cursor = await self._connection.execute(statements.MEMBERS, parameters, binary=True)
            for conversation_id, members in statements.read_members(await cursor.fetchall()).items():
                found[conversation_id] = members
                self._members.put(conversation_id, epoch=missing[conversation_id].members_epoch, members=members)
        return found

    async def _write(self, plan: Plan) -> None:
        connection = self._connection
        update = statements.update_parameters(plan.grown, PACKED)
        insert = statements.insert_parameters(plan.rows, PACKED)
        self.outcome_unknown = True
        async with connection.pipeline():
            await connection.execute(statements.UPDATE_LOGS, update)
            await connection.execute(statements.INSERT_EVENTS, insert)
            await connection.execute("COMMIT")
        self.outcome_unknown = False

    async def _abandon(self) -> None:
        """Leave no transaction behind. Where the server answered with an error, it has not committed."""
        try:
            if not self._connection.closed:
                await self._connection.rollback()
                self.outcome_unknown = False
        except psycopg.Error:
            await self._connection.close()
