import pytest

from apps.cluster.core.node.departure import LINGER_MS, Departure, Situation, Step

FREE = Situation(alone=False, slots=0, leads=False)


@pytest.mark.parametrize(
    ("situation", "step"),
    [
        (Situation(alone=True, slots=5, leads=False), Step.GONE),
        (Situation(alone=False, slots=5, leads=True), Step.EMPTY),
        (Situation(alone=False, slots=0, leads=True), Step.HAND_OVER),
        (FREE, Step.FAREWELL),
    ],
)
def test_slots_go_before_the_office_and_the_office_before_the_farewell(situation: Situation, step: Step) -> None:
    assert Departure(1_000, 0).step(situation, 10) is step


def test_it_lingers_after_the_farewell_and_does_not_turn_back() -> None:
    departure = Departure(1_000, 0)
    departure.step(FREE, 10)

    again = departure.step(Situation(alone=False, slots=5, leads=True), 20)
    gone = departure.step(FREE, 10 + LINGER_MS)

    assert again is Step.FAREWELL
    assert gone is Step.GONE


def test_it_does_not_wait_for_others_for_ever() -> None:
    departure = Departure(1_000, 0)
    held = Situation(alone=False, slots=5, leads=True)

    before, after = departure.step(held, 999), departure.step(held, 1_000)

    assert (before, after) == (Step.EMPTY, Step.FAREWELL)


def test_it_says_when_it_wants_to_be_asked_again() -> None:
    departure = Departure(1_000, 0)
    waiting_ms = departure.deadline_ms
    departure.step(FREE, 10)

    assert waiting_ms == 1_000
    assert departure.deadline_ms == 10 + LINGER_MS
