"""What is asked while a batch is under way forms the next one; each question has its own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from apps.common.batching import Batcher, BatchLimits
from apps.common.errors import ImError, Unavailable


class Full(ImError):
    """The queue is full."""

    code = "full"


class Odd(ImError):
    """One question is refused."""

    code = "odd"


class Doubling:
    """Doubles numbers behind a gate, which is open unless a test shuts it."""

    def __init__(self, *, breaks_at: int | None = None, error: Exception | None = None) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = asyncio.Event()
        self.breaks_at = breaks_at
        self.error = error

    async def __call__(self, numbers: Sequence[int]) -> list[int | ImError]:
        self.batches.append(list(numbers))
        self.begun.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        if self.breaks_at in numbers:
            raise ZeroDivisionError(str(self.breaks_at))
        return [Odd() if number % 2 else number * 2 for number in numbers]


def batcher_of(run: Doubling, limits: BatchLimits | None = None) -> Batcher[int, int]:
    return Batcher[int, int](run, busy=Full, limits=limits)


async def shut(run: Doubling, batcher: Batcher[int, int]) -> "asyncio.Task[int]":
    """Keep a first batch, of 0, under way until the gate is opened."""
    run.gate.clear()
    first = asyncio.create_task(batcher.ask(0))
    await run.begun.wait()
    return first


async def all_asked(batcher: Batcher[int, int], *numbers: int) -> "list[asyncio.Task[int]]":
    tasks = [asyncio.create_task(batcher.ask(number)) for number in numbers]
    await asyncio.sleep(0)
    return tasks


async def test_a_question_alone_does_not_wait_for_others() -> None:
    run = Doubling()
    batcher = batcher_of(run)

    answers = [await batcher.ask(2), await batcher.ask(4)]

    assert answers == [4, 8]
    assert run.batches == [[2], [4]]
    assert (batcher.batches, batcher.questions, batcher.waiting) == (2, 2, 0)


async def test_what_is_asked_meanwhile_forms_the_next_batch() -> None:
    run = Doubling()
    batcher = batcher_of(run)
    first = await shut(run, batcher)
    later = await all_asked(batcher, 2, 4, 6)
    waiting = batcher.waiting

    run.gate.set()

    assert await asyncio.gather(first, *later) == [0, 4, 8, 12]
    assert run.batches == [[0], [2, 4, 6]]
    assert waiting == 3


async def test_a_stream_is_gathered_and_who_comes_alone_is_not_kept_waiting() -> None:
    run = Doubling()
    batcher = batcher_of(run, BatchLimits(interval_s=0.2))

    alone = await batcher.ask(0)
    later = await all_asked(batcher, 2)
    await asyncio.sleep(0)
    later += await all_asked(batcher, 4)

    assert [alone, *[await task for task in later]] == [0, 4, 8]
    assert run.batches == [[0], [2, 4]]


async def test_of_two_workers_one_takes_what_there_is() -> None:
    run = Doubling()
    batcher = batcher_of(run, BatchLimits(max_running=2, interval_s=0.01))
    await batcher.ask(0)

    answers = await asyncio.gather(batcher.ask(2), batcher.ask(4))

    assert [*answers] == [4, 8]
    assert run.batches == [[0], [2, 4]]
    assert await batcher.ask(6) == 12


async def test_a_batch_has_a_bound() -> None:
    run = Doubling()
    batcher = batcher_of(run, BatchLimits(max_batch=2))
    first = await shut(run, batcher)
    later = await all_asked(batcher, 2, 4, 6)

    run.gate.set()
    await asyncio.gather(first, *later)

    assert run.batches == [[0], [2, 4], [6]]


async def test_several_batches_may_be_under_way() -> None:
    run = Doubling()
    batcher = batcher_of(run, BatchLimits(max_running=2))
    first = await shut(run, batcher)
    later = await all_asked(batcher, 2, 4, 6)
    await asyncio.sleep(0)

    assert run.batches == [[0], [2, 4, 6]]
    run.gate.set()
    assert await asyncio.gather(first, *later) == [0, 4, 8, 12]


async def test_a_full_queue_refuses_and_serves_those_before() -> None:
    run = Doubling()
    batcher = batcher_of(run, BatchLimits(max_queue=1))
    first = await shut(run, batcher)
    (second,) = await all_asked(batcher, 2)

    with pytest.raises(Full):
        await batcher.ask(4)

    run.gate.set()
    assert [await first, await second] == [0, 4]
    assert await batcher.ask(4) == 8


async def test_a_refusal_is_one_questions_own() -> None:
    run = Doubling()
    batcher = batcher_of(run)
    first = await shut(run, batcher)
    good, bad = await all_asked(batcher, 2, 3)

    run.gate.set()

    assert await first == 0
    assert await good == 4
    with pytest.raises(Odd):
        await bad


async def test_a_question_that_breaks_the_batch_breaks_nothing_but_itself() -> None:
    run = Doubling(breaks_at=6)
    batcher = batcher_of(run)
    first = await shut(run, batcher)
    later = await all_asked(batcher, 2, 4, 6, 8)

    run.gate.set()
    answers = await asyncio.gather(first, *later, return_exceptions=True)

    assert answers[:3] == [0, 4, 8]
    assert isinstance(answers[3], ZeroDivisionError)
    assert answers[4] == 16


async def test_an_anticipated_failure_is_everybodys_answer_and_not_tried_again() -> None:
    run = Doubling(error=Unavailable())
    batcher = batcher_of(run)
    first = await shut(run, batcher)
    later = await all_asked(batcher, 2, 4)

    run.gate.set()
    answers = await asyncio.gather(first, *later, return_exceptions=True)

    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert run.batches == [[0], [2, 4]]


async def test_too_few_answers_are_nobodys() -> None:
    async def forget(numbers: Sequence[int]) -> list[int | ImError]:
        return []

    batcher = Batcher[int, int](forget, busy=Full)

    with pytest.raises(ValueError, match="zip"):
        await batcher.ask(2)


async def test_who_waits_too_long_gives_up_and_the_batch_goes_on_for_others() -> None:
    run = Doubling()
    impatient = batcher_of(run, BatchLimits(wait_s=0))
    run.gate.clear()

    with pytest.raises(TimeoutError):
        await impatient.ask(2)

    run.gate.set()
    await impatient.close()


async def test_who_has_given_up_is_not_asked_about() -> None:
    run = Doubling()
    batcher = batcher_of(run)
    first = await shut(run, batcher)
    gone, stays = await all_asked(batcher, 2, 4)

    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    run.gate.set()

    assert [await first, await stays] == [0, 8]
    assert run.batches == [[0], [4]]


async def test_who_gives_up_during_the_batch_leaves_the_others_their_answers() -> None:
    run = Doubling()
    batcher = batcher_of(run)
    first = await shut(run, batcher)

    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    run.gate.set()

    assert await batcher.ask(2) == 4


async def test_closing_answers_everybody_and_takes_no_more() -> None:
    run = Doubling()
    batcher = batcher_of(run)
    first = await shut(run, batcher)
    (waiting,) = await all_asked(batcher, 2)

    await batcher.close()

    answers = await asyncio.gather(first, waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 2
    with pytest.raises(Unavailable):
        await batcher.ask(4)
    assert run.batches == [[0]]


async def test_a_worker_that_has_just_ended_strands_nobody() -> None:
    run = Doubling()
    batcher = batcher_of(run)

    async def ask_in_turn(first: int) -> list[int]:
        return [await batcher.ask(first + 2 * turn) for turn in range(50)]

    answers = await asyncio.gather(*(ask_in_turn(start) for start in (0, 100, 200)))

    assert [row[-1] for row in answers] == [196, 396, 596]
