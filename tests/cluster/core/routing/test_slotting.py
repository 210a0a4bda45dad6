"""Remembered slots are the real ones."""

from apps.cluster.core import slots
from apps.cluster.core.routing.slotting import slot_of


def test_a_remembered_slot_is_the_one_of_the_name() -> None:
    names = [f"user.{number}" for number in range(100)] + ["{tag}.a", "{tag}.b"]

    assert [slot_of(name) for name in names] == [slots.slot_of(name) for name in names]
    assert [slot_of(name) for name in names] == [slots.slot_of(name) for name in names]
