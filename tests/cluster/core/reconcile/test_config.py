"""Patience has to fit together."""

import pytest

from apps.cluster.core.raft import RaftConfig
from apps.cluster.core.reconcile.config import ReconcileConfig
from tests.cluster.core.reconcile.situations import A


def test_the_defaults_fit_those_of_the_log() -> None:
    assert ReconcileConfig().lease_wait_ms == RaftConfig(A).lease_wait_ms


def test_a_silent_member_keeps_its_slots_at_least_as_long_as_its_lease() -> None:
    assert ReconcileConfig(slot_grace_ms=550).slot_grace_ms == 550
    with pytest.raises(ValueError, match="slot_grace_ms"):
        ReconcileConfig(slot_grace_ms=549)


@pytest.mark.parametrize("voters", [0, 2, -1])
def test_an_even_number_of_voters_is_refused(voters: int) -> None:
    with pytest.raises(ValueError, match="odd"):
        ReconcileConfig(max_voters=voters)


@pytest.mark.parametrize("knob", ["slot_grace_new_ms", "quiet_ms", "stable_ms", "replace_ms", "move_limit"])
def test_times_and_limits_are_at_least_one(knob: str) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        ReconcileConfig(**{knob: 0})
