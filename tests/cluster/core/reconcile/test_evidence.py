"""What is seen and what is decided are values: equal when they say the same, and never changed."""

from dataclasses import FrozenInstanceError

import pytest

from apps.cluster.core.raft import Change, ChangeKind
from apps.cluster.core.reconcile.evidence import ChangeMembership, Propose, Transfer
from apps.cluster.core.state import Retire
from tests.cluster.core.reconcile.situations import A, B, evidence


def test_actions_that_say_the_same_are_equal() -> None:
    assert Propose(Retire(A)) == Propose(Retire(A)) != Propose(Retire(B))
    assert ChangeMembership(Change(ChangeKind.PROMOTE, A)) == ChangeMembership(Change(ChangeKind.PROMOTE, A))
    assert Transfer(A) != Transfer(B)


def test_evidence_is_not_changed_afterwards() -> None:
    seen = evidence((A,))

    with pytest.raises(FrozenInstanceError):
        seen.now_ms = 5  # type: ignore[misc]
