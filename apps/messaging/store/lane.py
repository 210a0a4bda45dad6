"""One lane of the group commit: a queue, a connection, and at any time at most one transaction.

While a transaction is under way, drafts gather; when it returns, all of them go into the next one. No timers: at low
load a batch is one message, under load it grows by itself. A conversation always has the same lane, so its events are
committed, acknowledged and told to the members in the order of their seqs.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import psycopg

from apps.common.errors import ImError
from apps.common.retry import RETRYABLE_SQLSTATES, pause_before_attempt
from apps.messaging.errors import Busy, Unavailable
from apps.messaging.store.records import Committed, Draft, Outcome
from apps.messaging.store.session import LogSession
from apps.metrics import SIZES, counter, histogram

BATCH = histogram("im_store_batch_messages", "Messages in one transaction.", buckets=SIZES)
COMMIT = histogram("im_store_commit_seconds", "Duration of one transaction that was committed.")
WAIT = histogram("im_store_wait_seconds", "From queueing a message to its commit.")
AGAIN = counter("im_store_retries_total", "Transactions that had to be tried again.", ("reason",))

logger = logging.getLogger(__name__)

UNIQUE_VIOLATION = "23505"
"""One id in two conversations at once: the other one won, running the batch again finds its event."""

Told = Sequence[tuple[Draft, Committed]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one lane."""

    max_queue: int = 8192
    """Drafts that may wait; at the bound `submit` raises Busy."""
    max_queue_bytes: int = 32 * 1024 * 1024
    """Bodies that may wait; at the bound `submit` raises Busy."""
    max_batch: int = 512
    """Drafts in one transaction. Only a single hot conversation fills it; with 256 it was a fifth slower."""
    max_batch_bytes: int = 4 * 1024 * 1024
    """Bodies in one transaction; databases refuse statements above 16 MiB."""
    wait_s: float = 10.0
    """How long a sender waits for her ack; then Unavailable, though the message may still be committed."""
    settle_s: float = 60.0
    """How long a batch whose commit got no answer is run again, so that members hear of it whatever its senders do."""
    max_races: int = 12
    """Lost races (40001, 40P01, 23505) in a row, after which the batch is halved, so that one draft fails alone."""
    max_untold: int = 64
    """Committed batches that wait to be told to members; at the bound the lane waits for them."""


class Pending:
    """A draft in the lane. `uncertain`: it was sent to be committed and no answer came."""

    __slots__ = ("draft", "future", "since_s", "uncertain")

    def __init__(self, draft: Draft, future: "asyncio.Future[Committed]", since_s: float) -> None:
        self.draft = draft
        self.future = future
        self.since_s = since_s
        self.uncertain = False

    def resolve(self, outcome: Outcome | Exception) -> None:
        """Answer the sender, unless she has gone."""
        if self.future.done():
            return
        if isinstance(outcome, Committed):
            self.future.set_result(outcome)
        else:
            self.future.set_exception(outcome)


class Lane:
    """Owns one connection and the two tasks that `start` makes and `close` ends."""

    def __init__(
        self,
        *,
        connect: Callable[[], Awaitable[LogSession]],
        tell: Callable[[Told], Awaitable[None]],
        now_ms: Callable[[], int],
        limits: Limits,
    ) -> None:
        self._connect = connect
        self._tell = tell
        self._now_ms = now_ms
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Pending] = deque()
        self._queued_bytes = 0
        self._in_flight: list[Pending] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._untold: asyncio.Queue[Told] = asyncio.Queue(limits.max_untold)
        self._session: LogSession | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.batches = 0
        self.drafts = 0

    @property
    def waiting(self) -> int:
        """Drafts that are not committed yet."""
        return len(self._queue) + len(self._in_flight)

    @property
    def untold(self) -> int:
        """Committed batches whose members have not been told yet."""
        return self._untold.qsize()

    def start(self) -> None:
        """Begin to work."""
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._tell_members())]

    async def close(self, *, drain_s: float) -> None:
        """Commit and tell what waits, for at most `drain_s`; answer the rest Unavailable and end the tasks."""
        try:
            async with asyncio.timeout(drain_s):
                await self._idle.wait()
                await self._untold.join()
        except TimeoutError:
            logger.warning("closing a lane with drafts that could not be committed: %d", len(self._queue))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pending in (*self._in_flight, *self._queue):
            pending.resolve(Unavailable())
        self._queue.clear()
        self._queued_bytes = 0
        if self._session is not None:
            await self._session.close()

    def submit(self, draft: Draft) -> "asyncio.Future[Committed]":
        """Queue a draft behind those before it. Raises Busy at the bound. Cancelling the future recalls nothing."""
        if len(self._queue) >= self._limits.max_queue or self._queued_bytes >= self._limits.max_queue_bytes:
            raise Busy
        future: asyncio.Future[Committed] = self._loop.create_future()
        self._queue.append(Pending(draft, future, self._loop.time()))
        self._queued_bytes += len(draft.body)
        if not self._wake.is_set():
            self._idle.clear()
            self._wake.set()
        return future

    def expire(self) -> None:
        """Answer Unavailable to everybody who has waited too long. The queue is in the order of arrival."""
        overdue_s = self._loop.time() - self._limits.wait_s
        for pending in self._in_flight:
            if pending.since_s <= overdue_s:
                pending.resolve(Unavailable())
        while self._queue and self._queue[0].since_s <= overdue_s:
            self._next().resolve(Unavailable())

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            while self._queue:
                await asyncio.sleep(0)  # who sends in this turn of the loop, too, shares the transaction
                self._in_flight = self._take()
                self.batches += 1
                self.drafts += len(self._in_flight)
                await self._settle(self._in_flight)
                self._in_flight = []
            self._wake.clear()
            self._idle.set()

    def _take(self) -> list[Pending]:
        """Take what waits, up to the bounds."""
        limits = self._limits
        batch: list[Pending] = []
        size_bytes = 0
        while self._queue and len(batch) < limits.max_batch and (size_bytes < limits.max_batch_bytes or not batch):
            pending = self._next()
            size_bytes += len(pending.draft.body)
            batch.append(pending)
        return batch

    def _next(self) -> Pending:
        pending = self._queue.popleft()
        self._queued_bytes -= len(pending.draft.body)
        return pending

    async def _settle(self, batch: list[Pending], *, again: bool = False) -> None:
        """Run a batch until each of its drafts has its outcome, or nobody waits for one any more."""
        races = failures = 0
        while batch := [pending for pending in batch if self._wanted(pending)]:
            try:
                outcomes = await self._attempt(batch, again=again or races + failures > 0)
            except Exception as error:
                self._mark_uncertain(batch)
                if _is_race(error):
                    AGAIN.add(reason="race")
                    races += 1
                    if races <= self._limits.max_races:
                        await self._pause(races)
                        continue
                elif _is_outage(error):
                    AGAIN.add(reason="outage")
                    failures += 1
                    self._log_outage(error, failures)
                    await self._pause(failures + 1)
                    continue
                await self._settle_halves(batch, error)
                return
            await self._deliver(batch, outcomes)
            return

    async def _attempt(self, batch: list[Pending], *, again: bool) -> list[Outcome]:
        if self._session is None or self._session.closed:
            self._session = await self._connect()
        drafts = [pending.draft for pending in batch]
        begun_s = self._loop.time()
        outcomes = await self._session.append(drafts, now_ms=self._now_ms, again=again)
        COMMIT.observe(self._loop.time() - begun_s)
        return outcomes

    async def _settle_halves(self, batch: list[Pending], error: Exception) -> None:
        """Find the draft that spoils the batch, so that it fails alone."""
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._settle(batch[:middle], again=True)
            await self._settle(batch[middle:], again=True)
            return
        logger.error("a draft can't be committed", exc_info=error)
        batch[0].resolve(Unavailable() if _is_race(error) else error)

    async def _deliver(self, batch: list[Pending], outcomes: list[Outcome]) -> None:
        """Answer the senders, and hand on what is in the log: repetitions too, since the node that committed them may
        have died before any member was told, and a commit whose answer was lost comes back as a repetition of itself.
        """
        told: list[tuple[Draft, Committed]] = []
        now_s = self._loop.time()
        BATCH.observe(len(batch))
        for pending, outcome in zip(batch, outcomes, strict=True):
            pending.resolve(outcome)
            WAIT.observe(now_s - pending.since_s)
            if isinstance(outcome, Committed):
                told.append((pending.draft, outcome))
        if told:
            await self._untold.put(told)

    async def _tell_members(self) -> None:
        while True:
            told = await self._untold.get()
            try:
                await self._tell(told)
            except Exception:
                logger.exception("telling members of %d events failed, they will sync", len(told))
            finally:
                self._untold.task_done()

    def _wanted(self, pending: Pending) -> bool:
        if not pending.uncertain:
            return not pending.future.done()
        return self._loop.time() - pending.since_s < self._limits.settle_s

    def _mark_uncertain(self, batch: list[Pending]) -> None:
        if self._session is not None and self._session.outcome_unknown:
            for pending in batch:
                pending.uncertain = True

    async def _pause(self, attempt: int) -> None:
        """The first try again comes at once: most races are over by then."""
        if attempt > 1:
            await asyncio.sleep(pause_before_attempt(attempt, jitter=random.random()))  # noqa: S311 - spreads only

    def _log_outage(self, error: Exception, failures: int) -> None:
        if failures == 1:
            logger.warning("the database does not commit, trying again: %s", error)


def _is_race(error: Exception) -> bool:
    sqlstate = getattr(error, "sqlstate", None)
    return sqlstate in RETRYABLE_SQLSTATES or sqlstate == UNIQUE_VIOLATION


def _is_outage(error: Exception) -> bool:
    """Tell a database that is away, restarting, read-only or full from a draft that it will never take."""
    if isinstance(error, ImError) or not isinstance(error, psycopg.Error):
        return False
    sqlstate = error.sqlstate or ""
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) or sqlstate.startswith("25")
