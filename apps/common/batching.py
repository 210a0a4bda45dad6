"""Many callers, few round trips: what is asked while a batch is under way waits and forms the next one.

Where little is asked a batch is one question and nobody waits for others, under load batches grow by themselves.
Nothing here knows what is asked: `run` takes the questions of a batch and returns one answer or refusal each. Questions
whose order matters, or that must not be asked twice, don't belong here.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from apps.common.errors import ImError, Unavailable

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """Bounds of one batcher."""

    max_batch: int = 256
    """Questions in one batch; what more there is forms the next one."""
    max_queue: int = 4096
    """Questions that may wait; further ones are refused at once."""
    max_running: int = 1
    """Batches under way at the same time."""
    interval_s: float = 0.0
    """Between the beginnings of batches, at least: a steady stream forms fewer and larger ones, and waits that long.
    Who comes after a pause waits for nothing."""
    wait_s: float = 10.0
    """How long one waits for an answer; then TimeoutError. The batch goes on for the others."""


class Batcher(Generic[Q, A]):
    """Gathers questions of one event loop. `busy` makes the refusal for when the queue is full.

    What `run` raises is everybody's answer if it is an ImError. After anything else the batch is run again in halves,
    so that a question that breaks it breaks nothing but itself in the end.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Q]], Awaitable[Sequence[A | ImError]]],
        *,
        busy: Callable[[], ImError],
        limits: BatchLimits | None = None,
    ) -> None:
        self._run = run
        self._busy = busy
        self._limits = limits or BatchLimits()
        self._queue: deque[_Asked[Q, A]] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._running = 0
        self._next_at_s = 0.0
        self._closed = False
        self.batches = 0
        self.questions = 0

    async def ask(self, question: Q) -> A:
        """Return the answer. Raises its refusal, what `busy` makes, Unavailable once closed, or TimeoutError."""
        if self._closed:
            raise Unavailable
        if len(self._queue) >= self._limits.max_queue:
            raise self._busy()
        asked: _Asked[Q, A] = _Asked(question, asyncio.get_running_loop().create_future())
        self._queue.append(asked)
        if self._running < self._limits.max_running:
            self._running += 1
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        async with asyncio.timeout(self._limits.wait_s):
            return await asked.answer

    @property
    def waiting(self) -> int:
        """Questions that no batch has taken yet."""
        return len(self._queue)

    async def close(self) -> None:
        """Take no more questions, end the batches under way, and answer whoever waits Unavailable."""
        self._closed = True
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        _refuse(self._queue, Unavailable())
        self._queue.clear()

    async def _work(self) -> None:
        """Run batches until nothing waits; whoever asks after that finds one worker fewer, and starts one."""
        loop = asyncio.get_running_loop()
        while self._queue:
            if (pause_s := self._next_at_s - loop.time()) > 0:
                await asyncio.sleep(pause_s)
            batch = self._take()
            self._next_at_s = loop.time() + self._limits.interval_s
            self.batches += 1
            self.questions += len(batch)
            try:
                await self._settle(batch)
            finally:
                _refuse(batch, Unavailable())  # reaches somebody only where the task was cancelled
        self._running -= 1

    def _take(self) -> "list[_Asked[Q, A]]":
        """Take what waits, up to the bound; who has given up waiting is left out."""
        batch: list[_Asked[Q, A]] = []
        while self._queue and len(batch) < self._limits.max_batch:
            asked = self._queue.popleft()
            if not asked.answer.done():
                batch.append(asked)
        return batch

    async def _settle(self, batch: "Sequence[_Asked[Q, A]]") -> None:
        if not batch:
            return  # all have given up, or another worker was faster
        try:
            answers = await self._run([asked.question for asked in batch])
            settled = list(zip(batch, answers, strict=True))
        except ImError as error:
            _refuse(batch, error)
        except Exception as error:
            if len(batch) == 1:
                _refuse(batch, error)
                return
            middle = len(batch) // 2
            await self._settle(batch[:middle])
            await self._settle(batch[middle:])
        else:
            for asked, answer in settled:
                if isinstance(answer, ImError):
                    _refuse([asked], answer)
                elif not asked.answer.done():
                    asked.answer.set_result(answer)


@dataclass(slots=True)
class _Asked(Generic[Q, A]):
    """A question and where its answer goes."""

    question: Q
    answer: "asyncio.Future[A]"


def _refuse(asked: "Sequence[_Asked[Q, A]] | deque[_Asked[Q, A]]", error: Exception) -> None:
    for each in asked:
        if not each.answer.done():
            each.answer.set_exception(error)
