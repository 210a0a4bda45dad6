"""The store of the hot path: many senders, few transactions.

A few lanes, each one connection; every conversation belongs to one of them. Several nodes may write the same
conversations: the row lock of the log orders them. Knows nothing of sessions or frames: what was committed is handed
to `tell`, in the order of seqs per conversation.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from apps.common.clock import now_ms as system_now_ms
from apps.messaging.errors import Unavailable
from apps.messaging.store.lane import Lane, Limits, Told
from apps.messaging.store.members import MemberCache
from apps.messaging.store.records import Committed, Draft
from apps.messaging.store.session import LogSession
from apps.wire.ids import ConversationId

DEFAULT_LANES = 2
"""Connections of a node that commit at the same time. A machine runs a node per core, so they are as many again for
each; with more, batches get smaller and every message pays a larger share of a transaction."""
WATCH_INTERVAL_S = 0.25
DRAIN_S = 5.0


async def tell_nobody(told: Told) -> None:
    """For stores whose writes nobody waits to hear of: imports, benchmarks."""


class GroupCommitStore:
    """Appends drafts to their logs. Bound to the loop it was started on.

    Bounds: `limits.max_queue` drafts wait per lane, then `append` raises Busy; a sender waits `limits.wait_s`, then
    Unavailable (sending the same id again later is safe, and tells what became of it).
    """

    def __init__(
        self,
        dsn: str,
        *,
        lanes: int = DEFAULT_LANES,
        limits: Limits | None = None,
        tell: Callable[[Told], Awaitable[None]] = tell_nobody,
        now_ms: Callable[[], int] = system_now_ms,
        open_session: Callable[[str, MemberCache], Awaitable[LogSession]] = LogSession.open,
    ) -> None:
        self._dsn = dsn
        self._lane_count = lanes
        self._limits = limits or Limits()
        self._tell = tell
        self._now_ms = now_ms
        self._open_session = open_session
        self._members = MemberCache()
        self._lanes: list[Lane] = []
        self._watch: asyncio.Task[None] | None = None
        self._accepts = False

    async def start(self) -> None:
        """Begin to accept drafts. Lanes connect with their first batch."""
        self._lanes = [
            Lane(connect=self._connect, tell=self._tell, now_ms=self._now_ms, limits=self._limits)
            for _ in range(self._lane_count)
        ]
        for lane in self._lanes:
            lane.start()
        self._watch = asyncio.create_task(self._watch_lanes())
        self._accepts = True

    async def close(self) -> None:
        """Refuse new drafts, commit and tell what waits for at most DRAIN_S, and disconnect."""
        self._accepts = False
        await asyncio.gather(*(lane.close(drain_s=DRAIN_S) for lane in self._lanes))
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch

    def submit(self, draft: Draft) -> "asyncio.Future[Committed]":
        """Queue a draft at once, in the order of calls, and return its future. Raises Busy or Unavailable."""
        if not self._accepts:
            raise Unavailable
        return self._lane_of(draft.conversation_id).submit(draft)

    async def append(self, draft: Draft) -> Committed:
        """Append one draft and return it committed. Nothing is awaited before it is queued, so calls keep their order.

        Raises ConversationNotFound, MessageIdConflict, Busy or Unavailable.
        """
        return await self.submit(draft)

    @property
    def mean_batch(self) -> float:
        """Drafts per transaction since the start."""
        batches = sum(lane.batches for lane in self._lanes)
        return sum(lane.drafts for lane in self._lanes) / batches if batches else 0.0

    @property
    def waiting(self) -> int:
        """Drafts that are not committed yet."""
        return sum(lane.waiting for lane in self._lanes)

    @property
    def untold(self) -> int:
        """Committed batches whose members have not been told yet."""
        return sum(lane.untold for lane in self._lanes)

    def _lane_of(self, conversation_id: ConversationId) -> Lane:
        return self._lanes[conversation_id.int % len(self._lanes)]

    async def _connect(self) -> LogSession:
        return await self._open_session(self._dsn, self._members)

    async def _watch_lanes(self) -> None:
        while True:
            await asyncio.sleep(WATCH_INTERVAL_S)
            for lane in self._lanes:
                lane.expire()
