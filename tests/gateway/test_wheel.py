"""The wheel: who is due when, whoever is put back, taken off or hastened meanwhile."""

import random

import pytest

from apps.gateway.wheel import SLOTS, Wheel


class Thing:
    def __init__(self) -> None:
        self.slot = 0


def due_at(wheel: Wheel[Thing], thing: Thing, *, within: int = 2 * SLOTS) -> int:
    """After how many ticks the thing is due."""
    for tick in range(1, within + 1):
        due = wheel.advance()
        if thing in due:
            due.discard(thing)
            return tick
    raise AssertionError("never due")


@pytest.mark.parametrize(("ticks", "expected"), [(-3, 1), (0, 1), (1, 1), (75, 75), (255, 255), (256, 255), (999, 255)])
def test_an_item_is_due_after_its_ticks_within_the_wheel(ticks: int, expected: int) -> None:
    wheel: Wheel[Thing] = Wheel()
    thing = Thing()

    wheel.put(thing, ticks)

    assert due_at(wheel, thing) == expected
    assert list(wheel) == []


def test_what_is_taken_off_is_never_due() -> None:
    wheel: Wheel[Thing] = Wheel()
    thing, other = Thing(), Thing()
    wheel.put(thing, 5)
    wheel.put(other, 5)

    first, again = wheel.discard(thing), wheel.discard(thing)

    assert (first, again) == (True, False)
    assert list(wheel) == [other]


def test_what_is_due_can_still_be_taken_off() -> None:
    wheel: Wheel[Thing] = Wheel()
    thing = Thing()
    wheel.put(thing, 1)
    due = wheel.advance()

    taken = wheel.discard(thing)

    assert (taken, due) == (True, set())


@pytest.mark.parametrize(("ticks", "expected"), [(3, 3), (10, 10), (40, 10)])
def test_hastening_only_ever_makes_it_sooner(ticks: int, expected: int) -> None:
    wheel: Wheel[Thing] = Wheel()
    thing = Thing()
    wheel.put(thing, 10)

    wheel.hasten(thing, ticks)

    assert due_at(wheel, thing) == expected


def test_what_is_on_no_wheel_cannot_be_hastened() -> None:
    wheel: Wheel[Thing] = Wheel()
    thing = Thing()
    wheel.put(thing, 10)
    wheel.discard(thing)

    wheel.hasten(thing, 1)

    assert list(wheel) == []


def test_everybody_is_due_on_time_whatever_the_order() -> None:
    wheel: Wheel[Thing] = Wheel()
    rng = random.Random(7)
    wanted = {Thing(): rng.randrange(1, SLOTS) for _ in range(500)}
    for thing, ticks in wanted.items():
        wheel.put(thing, ticks)

    seen: dict[Thing, int] = {}
    for tick in range(1, SLOTS):
        due = wheel.advance()
        while due:
            seen[due.pop()] = tick

    assert seen == wanted
