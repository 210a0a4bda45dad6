import pytest

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.raft import Change, ChangeKind, Membership
from apps.cluster.core.raft.membership import changed, decode_change, encode_change, fits, quorum, reached
from tests.cluster.core.raft.build import FOUR, ONE, STRANGER, THREE, TWO

BEFORE = Membership((ONE, THREE), (FOUR,))


@pytest.mark.parametrize(("members", "majority"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_two_majorities_always_meet(members: int, majority: int) -> None:
    assert quorum(members) == majority
    assert 2 * quorum(members) > members


@pytest.mark.parametrize(
    ("values", "value"), [([7], 7), ([1, 9], 1), ([9, 1, 5], 5), ([4, 3, 2, 1], 2), ([1, 2, 3, 4, 5], 3)]
)
def test_what_a_majority_has_reached(values: list[int], value: int) -> None:
    assert reached(values) == value
    assert sum(each >= value for each in values) >= quorum(len(values))


@pytest.mark.parametrize(
    ("kind", "node", "after"),
    [
        (ChangeKind.ADD_LEARNER, TWO, Membership((ONE, THREE), (TWO, FOUR))),
        (ChangeKind.PROMOTE, FOUR, Membership((ONE, THREE, FOUR), ())),
        (ChangeKind.DEMOTE, ONE, Membership((THREE,), (ONE, FOUR))),
        (ChangeKind.REMOVE, ONE, Membership((THREE,), (FOUR,))),
        (ChangeKind.REMOVE, FOUR, Membership((ONE, THREE), ())),
    ],
)
def test_a_step_changes_one_node(kind: ChangeKind, node: NodeId, after: Membership) -> None:
    assert fits(BEFORE, Change(kind, node))
    assert changed(BEFORE, Change(kind, node)) == after


@pytest.mark.parametrize(
    ("kind", "node"),
    [
        (ChangeKind.ADD_LEARNER, ONE),
        (ChangeKind.ADD_LEARNER, FOUR),
        (ChangeKind.ADD_LEARNER, NO_NODE),
        (ChangeKind.PROMOTE, ONE),
        (ChangeKind.PROMOTE, STRANGER),
        (ChangeKind.DEMOTE, FOUR),
        (ChangeKind.REMOVE, STRANGER),
    ],
)
def test_a_step_that_does_not_fit_changes_nothing(kind: ChangeKind, node: NodeId) -> None:
    assert not fits(BEFORE, Change(kind, node))
    assert changed(BEFORE, Change(kind, node)) == BEFORE


@pytest.mark.parametrize("kind", [ChangeKind.DEMOTE, ChangeKind.REMOVE])
def test_the_last_voter_stays(kind: ChangeKind) -> None:
    assert not fits(Membership((ONE,), (FOUR,)), Change(kind, ONE))


def test_a_change_comes_back_from_the_log_as_it_was() -> None:
    change = Change(ChangeKind.DEMOTE, THREE)

    assert decode_change(encode_change(change)) == change


@pytest.mark.parametrize("data", [b"", b"\x93\x00\x01\x02", b"\x92\x09\x01", b"x"])
def test_anything_else_is_no_change(data: bytes) -> None:
    assert decode_change(data) is None
