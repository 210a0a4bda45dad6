"""The wheel wakes every entry once, when its time has come, and forgets those that are gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.edge.wheel import SLOTS, TICK_S, Entry, Wheel, ticks_of


class Sleeper(Entry):
    """Notes when it was woken."""

    def __init__(self, wheel: Wheel) -> None:
        super().__init__()
        self.wheel = wheel
        self.woken_at: list[int] = []

    def due(self) -> None:
        self.woken_at.append(self.wheel.now)


@pytest.mark.parametrize(("seconds", "ticks"), [(0, 1), (0.01, 1), (TICK_S, 1), (TICK_S + 0.01, 2), (10, 40)])
def test_a_time_is_counted_in_whole_ticks(seconds: float, ticks: int) -> None:
    assert ticks_of(seconds) == ticks


@given(st.integers(0, 600), st.integers(-5, 600))
def test_an_entry_is_woken_once_and_on_time(start: int, ticks: int) -> None:
    wheel = Wheel()
    for _ in range(start):
        wheel.advance()
    sleeper = Sleeper(wheel)

    wheel.schedule(sleeper, ticks)
    for _ in range(2 * SLOTS):
        wheel.advance()

    assert sleeper.woken_at == [start + min(max(ticks, 1), SLOTS - 1)]
    assert not sleeper.is_scheduled


def test_a_new_time_replaces_the_old_one() -> None:
    wheel = Wheel()
    sleeper = Sleeper(wheel)

    wheel.schedule(sleeper, 5)
    wheel.schedule(sleeper, 2)
    wheel.schedule(sleeper, 2)
    for _ in range(10):
        wheel.advance()

    assert sleeper.woken_at == [2]


def test_a_cancelled_entry_sleeps_for_ever() -> None:
    wheel = Wheel()
    sleeper = Sleeper(wheel)
    wheel.schedule(sleeper, 1)

    wheel.cancel(sleeper)
    wheel.cancel(sleeper)
    wheel.advance()

    assert sleeper.woken_at == []
    assert list(wheel) == []


def test_an_entry_may_go_back_to_sleep() -> None:
    wheel = Wheel()

    class Regular(Sleeper):
        def due(self) -> None:
            super().due()
            self.wheel.schedule(self, 3)

    regular = Regular(wheel)
    wheel.schedule(regular, 1)
    for _ in range(8):
        wheel.advance()

    assert regular.woken_at == [1, 4, 7]


def test_an_entry_that_another_one_puts_off_meanwhile_is_not_woken() -> None:
    wheel = Wheel()
    late = Sleeper(wheel), Sleeper(wheel)

    class Rude(Sleeper):
        def due(self) -> None:
            for sleeper in late:
                self.wheel.schedule(sleeper, 5)

    for entry in (*late, Rude(wheel)):
        wheel.schedule(entry, 1)
    wheel.advance()
    woken_early = [list(sleeper.woken_at) for sleeper in late]
    for _ in range(5):
        wheel.advance()

    assert all(sleeper.woken_at[-1] == 6 for sleeper in late)
    assert all(times in ([], [1]) for times in woken_early)


def test_the_wheel_is_the_register_of_its_entries() -> None:
    wheel = Wheel()
    sleepers = {Sleeper(wheel) for _ in range(3)}

    for ticks, sleeper in enumerate(sleepers):
        wheel.schedule(sleeper, ticks)
    seen = set()
    for entry in wheel:
        wheel.cancel(entry)
        seen.add(entry)

    assert seen == sleepers
    assert list(wheel) == []
