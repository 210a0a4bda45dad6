"""Plans as data."""

from apps.identity.syncing.steps import CreatePerson, DeactivatePerson, Plan
from tests.identity.syncing.model import uid


def test_steps_are_counted_by_kind() -> None:
    made = CreatePerson("k", "wei", "张伟", "")

    plan = Plan((made, made, DeactivatePerson(uid(1), "fang", is_gone=True)))

    assert plan.counts() == {"CreatePerson": 2, "DeactivatePerson": 1}
