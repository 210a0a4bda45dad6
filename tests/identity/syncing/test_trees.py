"""The simulated tree."""

import pytest

from apps.identity.syncing.states import PresentDepartment
from apps.identity.syncing.trees import PARKED_NAME_CHARS, Simulated, parked_name
from tests.identity.syncing.model import ROOT, uid


@pytest.fixture
def tree() -> Simulated:
    return Simulated(
        [
            PresentDepartment(ROOT, None, "root"),
            PresentDepartment(uid(1), ROOT, "甲"),
            PresentDepartment(uid(2), uid(1), "乙"),
        ]
    )


def test_it_knows_who_is_where(tree: Simulated) -> None:
    assert tree.occupant(ROOT, "甲") == uid(1)
    assert tree.slot(uid(2)) == (uid(1), "乙")
    assert tree.children(uid(1)) == {uid(2)}
    assert (tree.depth(ROOT), tree.depth(uid(2))) == (0, 2)
    assert tree.is_within(uid(2), uid(1))
    assert not tree.is_within(uid(1), uid(2))


def test_what_moves_leaves_its_place(tree: Simulated) -> None:
    tree.put(uid(2), ROOT, "乙")

    assert tree.children(uid(1)) == frozenset()
    assert tree.occupant(uid(1), "乙") is None


def test_two_never_have_one_name(tree: Simulated) -> None:
    with pytest.raises(AssertionError, match="taken"):
        tree.put(uid(3), ROOT, "甲")


def test_a_passing_name_is_nobody_elses_and_not_too_long() -> None:
    assert parked_name("甲", uid(1)) != parked_name("甲", uid(2))
    assert len(parked_name("很" * 100, uid(1))) <= PARKED_NAME_CHARS + 14
