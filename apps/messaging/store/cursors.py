"""Delivered and read positions, written behind: many notes, one statement.

A position is a hint that only grows: the next one of the same member covers all before it. So notes are gathered and
coalesced in memory, and what a crash loses is said again by the client's next frame.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import islice
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from psycopg import AsyncConnection

from apps.common.arrays import PACKED, Columns, register_packed
from apps.wire.ids import ConversationId, TenantId, UserId

logger = logging.getLogger(__name__)

FLUSH_INTERVAL_S: Final = 0.5
"""Clients acknowledge every 100 to 300 ms: two or three of theirs become one row and one notice to each watcher."""
MAX_PENDING: Final = 50_000
"""Members with unwritten positions, about 300 bytes each. From half of it on the writer flushes without waiting; at
the bound notes of further members are dropped, and their next note makes up for it."""
MAX_ROWS_PER_STATEMENT: Final = 1000
MAX_WATCHED_MEMBERS: Final = 100
"""In larger conversations positions are told to their own user only: n members would cause n * n notices."""

UPSERT_CURSORS: Final = """
INSERT INTO messaging_cursor (conversation_id, user_id, tenant_id, delivered_seq, read_seq, updated_at)
SELECT l.conversation_id, m.user_id, l.tenant_id,
       LEAST(GREATEST(n.delivered_seq, n.read_seq), l.max_seq), LEAST(n.read_seq, l.max_seq), now()
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[])
    AS n(conversation_id, user_id, tenant_id, delivered_seq, read_seq)
JOIN messaging_log AS l ON l.conversation_id = n.conversation_id AND l.tenant_id = n.tenant_id
JOIN conversations_member AS m ON m.conversation_id = n.conversation_id AND m.user_id = n.user_id
ORDER BY l.conversation_id, m.user_id
ON CONFLICT (conversation_id, user_id) DO UPDATE
SET delivered_seq = GREATEST(messaging_cursor.delivered_seq, excluded.delivered_seq),
    read_seq = GREATEST(messaging_cursor.read_seq, excluded.read_seq),
    updated_at = excluded.updated_at
WHERE messaging_cursor.delivered_seq < excluded.delivered_seq OR messaging_cursor.read_seq < excluded.read_seq
RETURNING conversation_id, user_id, delivered_seq, read_seq
"""

WATCHERS: Final = """
SELECT m.conversation_id, m.user_id
FROM conversations_member AS m
JOIN conversations_conversation AS c ON c.id = m.conversation_id AND c.tenant_id = m.tenant_id
WHERE m.conversation_id = ANY(%s::uuid[]) AND c.member_count <= %s
"""

GrownRow = tuple[UUID, UUID, int, int]
WatcherRow = tuple[UUID, UUID]


class Note(msgspec.Struct, gc=False):
    """Positions that one member has reported and nobody has written yet."""

    tenant_id: TenantId
    delivered_seq: int
    read_seq: int


class Grown(msgspec.Struct, frozen=True):
    """Positions as they are stored now, and the other members that want to know."""

    conversation_id: ConversationId
    user_id: UserId
    delivered_seq: int
    read_seq: int
    watcher_ids: tuple[UserId, ...] = ()


Notes = dict[tuple[ConversationId, UserId], Note]


def upsert_parameters(notes: Notes, columns: Columns) -> tuple[Any, ...]:
    """For UPSERT_CURSORS."""
    return (
        columns.uuids([conversation_id for conversation_id, _ in notes]),
        columns.uuids([user_id for _, user_id in notes]),
        columns.uuids([note.tenant_id for note in notes.values()]),
        columns.integers([note.delivered_seq for note in notes.values()]),
        columns.integers([note.read_seq for note in notes.values()]),
    )


def read_grown(rows: Iterable[GrownRow], watchers: Iterable[WatcherRow]) -> list[Grown]:
    """Join the rows of UPSERT_CURSORS with those of WATCHERS."""
    watching: dict[UUID, list[UserId]] = {}
    for conversation_id, user_id in watchers:
        watching.setdefault(conversation_id, []).append(UserId(user_id))
    return [
        Grown(ConversationId(conversation), UserId(user), delivered, read, tuple(watching.get(conversation, ())))
        for conversation, user, delivered, read in rows
    ]


async def tell_nobody(grown: Sequence[Grown]) -> None:
    """For writers whose cursors nobody watches."""


class CursorWriter:
    """Gathers notes and writes them every `interval_s`. Bound to the loop it was started on."""

    def __init__(
        self,
        borrow: Callable[[], AbstractAsyncContextManager[AsyncConnection]],
        *,
        tell: Callable[[Sequence[Grown]], Awaitable[None]] = tell_nobody,
        interval_s: float = FLUSH_INTERVAL_S,
        max_pending: int = MAX_PENDING,
    ) -> None:
        self._borrow = borrow
        self._tell = tell
        self._interval_s = interval_s
        self._max_pending = max_pending
        self._pending: Notes = {}
        self._writing = asyncio.Lock()
        self._full = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def pending(self) -> int:
        """Members with positions that are not written yet."""
        return len(self._pending)

    async def start(self) -> None:
        """Begin to write periodically."""
        self._task = asyncio.create_task(self._write_behind())

    async def close(self) -> None:
        """Stop, and write what is pending; what the database does not take now is lost, and logged."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        try:
            await self.flush()
        except psycopg.Error:
            logger.warning("cursors of %d members were not written", len(self._pending), exc_info=True)

    def note(
        self,
        tenant_id: TenantId,
        conversation_id: ConversationId,
        user_id: UserId,
        *,
        delivered_seq: int = 0,
        read_seq: int = 0,
    ) -> bool:
        """Remember positions of a member, in O(1); they are checked and clamped when they are written.

        Returns False when the bound was reached and the note was dropped.
        """
        pending = self._pending
        known = pending.get((conversation_id, user_id))
        if known is not None and known.tenant_id == tenant_id:
            known.delivered_seq = max(known.delivered_seq, delivered_seq)
            known.read_seq = max(known.read_seq, read_seq)
            return True
        if len(pending) >= self._max_pending:
            return False
        pending[conversation_id, user_id] = Note(tenant_id, delivered_seq, read_seq)
        if len(pending) * 2 >= self._max_pending:
            self._full.set()
        return True

    async def flush(self) -> None:
        """Write everything noted so far and tell of what has grown. Raises psycopg.Error; then the notes are kept."""
        async with self._writing:
            notes, self._pending = self._pending, {}
            self._full.clear()
            remaining = iter(notes.items())
            while part := dict(islice(remaining, MAX_ROWS_PER_STATEMENT)):
                try:
                    grown = await self._write(part)
                except BaseException:
                    self._keep(part)
                    self._keep(dict(remaining))
                    raise
                if grown:
                    await self._tell(grown)

    async def _write(self, notes: Notes) -> list[Grown]:
        async with self._borrow() as connection:
            register_packed(connection)
            cursor = await connection.execute(UPSERT_CURSORS, upsert_parameters(notes, PACKED), binary=True)
            rows = await cursor.fetchall()
            if not rows:
                return []
            watched = list({row[0] for row in rows})
            cursor = await connection.execute(WATCHERS, (PACKED.uuids(watched), MAX_WATCHED_MEMBERS), binary=True)
            return read_grown(rows, await cursor.fetchall())

    def _keep(self, notes: Notes) -> None:
        for (conversation_id, user_id), note in notes.items():
            self.note(
                note.tenant_id,
                conversation_id,
                user_id,
                delivered_seq=note.delivered_seq,
                read_seq=note.read_seq,
            )

    async def _write_behind(self) -> None:
        failing = False
        async for _ in self._ticks():
            try:
                await self.flush()
                failing = False
            except psycopg.Error as error:
                if not failing:
                    logger.warning("cursors can't be written, they are kept and tried again: %s", error)
                failing = True
                self._full.clear()
            except Exception:
                logger.exception("writing cursors failed")

    async def _ticks(self) -> AsyncIterator[None]:
        """Every interval, or sooner when half of the bound is reached."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._interval_s):
                    await self._full.wait()
            yield
