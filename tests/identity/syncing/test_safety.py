"""What is too much to vanish by itself."""

import pytest

from apps.identity.syncing.safety import Bounds, Vanishing, vanishing
from apps.identity.syncing.steps import DeactivatePerson, DeleteDepartment, Plan
from tests.identity.syncing.model import uid

BOUNDS = Bounds(count=50, percent=10)


@pytest.mark.parametrize(
    ("lost", "is_too_much"),
    [
        (Vanishing(0, 0, 0, 0), False),
        (Vanishing(2, 5, 0, 0), False),
        (Vanishing(3, 5, 0, 0), True),
        (Vanishing(10, 100, 0, 5), False),
        (Vanishing(11, 100, 0, 5), True),
        (Vanishing(50, 10_000, 0, 5), False),
        (Vanishing(51, 10_000, 0, 5), True),
        (Vanishing(1, 1, 0, 0), True),
        (Vanishing(0, 100, 4, 20), True),
    ],
)
def test_a_count_a_percentage_or_everything_is_too_much(lost: Vanishing, is_too_much: bool) -> None:
    assert lost.exceeds(BOUNDS) is is_too_much


def test_a_yes_holds_for_no_more_than_was_seen() -> None:
    seen = Vanishing(5, 100, 1, 10)

    assert Vanishing(5, 90, 1, 10).within(seen)
    assert not Vanishing(6, 100, 1, 10).within(seen)
    assert not Vanishing(5, 100, 2, 10).within(seen)


def test_a_plan_is_counted() -> None:
    plan = Plan((DeactivatePerson(uid(1), "wei", is_gone=True), DeleteDepartment(uid(2), "研发部")))

    assert vanishing(plan, people=7, departments=3) == Vanishing(1, 7, 1, 3)
