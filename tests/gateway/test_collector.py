"""When what lives is set aside from garbage collection."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from apps.gateway import collector
from apps.gateway.collector import THRESHOLDS, freeze, freeze_as_it_grows, is_worth_freezing


@pytest.fixture
def thawed() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.parametrize(
    ("sessions", "frozen", "worth"),
    [
        (0, 0, False),
        (999, 0, False),
        (1_000, 0, True),
        (13_499, 10_000, False),
        (13_500, 10_000, True),
        (5, 100, False),
    ],
)
def test_it_is_worth_it_once_there_are_many_more(sessions: int, frozen: int, worth: bool) -> None:
    assert is_worth_freezing(sessions, frozen) is worth


def test_even_a_node_that_fills_up_freezes_seldom() -> None:
    frozen, times = 0, 0
    for sessions in range(0, 100_000, 100):
        if is_worth_freezing(sessions, frozen):
            frozen, times = sessions, times + 1

    assert times < 20


def test_what_lives_is_not_looked_at_again(thawed: None) -> None:
    living = [[number] for number in range(1_000)]

    freeze()

    assert len(living) == 1_000
    assert gc.get_freeze_count() >= 1_000


async def test_a_node_looks_for_garbage_less_often_than_other_programs(thawed: None) -> None:
    gc.set_threshold(700, 10, 10)
    task = asyncio.create_task(freeze_as_it_grows(lambda: 0, look_s=60))

    await asyncio.sleep(0)
    task.cancel()

    assert gc.get_threshold() == THRESHOLDS


async def test_the_program_is_frozen_once_and_sessions_as_they_grow(
    monkeypatch: pytest.MonkeyPatch, thawed: None
) -> None:
    counts = iter([10, 10, 500, 2_000, 2_000, 2_100, 4_000, 4_000])
    seen: list[int] = []
    done = asyncio.Event()

    def count() -> int:
        seen.append(next(counts, -1))
        if seen[-1] < 0:
            done.set()
        return seen[-1]

    frozen: list[int] = []
    monkeypatch.setattr(collector, "freeze", lambda: frozen.append(seen[-1]))
    task = asyncio.create_task(freeze_as_it_grows(count, look_s=0))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()

    assert frozen == [10, 2_000, 4_000]
