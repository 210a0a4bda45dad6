import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import (
    Append,
    AppendReply,
    Change,
    ChangeKind,
    Entry,
    EntryKind,
    Forward,
    HardState,
    Heartbeat,
    InstallSnapshot,
    ProposalRefused,
    Raft,
    RaftConfig,
    ReadRequest,
    Ready,
    Role,
    Snapshot,
    TimeoutNow,
    VoteRequest,
)
from tests.cluster.core.raft.build import FOUR, ONE, THREE, TWO, entries, entry, snapshot
from tests.cluster.core.raft.network import BLANK, FixedChance, Network, founding


def machine(voters: tuple[int, ...] = (1, 2, 3), **config: int) -> Raft:
    return Raft(RaftConfig(ONE, **config), founding(voters), FixedChance(0), 0)


def alone(**config: int) -> Raft:
    """Return a sole voter that leads and is at rest."""
    raft = machine((1,), **config)
    raft.tick(0)
    settle(raft)
    return raft


def following() -> Raft:
    """Return a follower of TWO in term 2, at rest."""
    raft = machine()
    raft.receive(TWO, Heartbeat(2, 1, 0, 1, 1), 0)
    settle(raft)
    return raft


def settle(raft: Raft, now_ms: int = 0) -> list[Ready]:
    """Do everything the machine wants; return what it was."""
    done = []
    while (ready := raft.ready(now_ms)) is not None:
        done.append(ready)
        raft.advance(now_ms)
    return done


def refusal(call: object) -> str:
    with pytest.raises(ProposalRefused) as refused:
        call()  # type: ignore[operator]
    return refused.value.reason


def test_a_machine_at_rest_wants_nothing() -> None:
    raft = machine()

    assert not raft.has_ready
    assert raft.ready(0) is None
    assert (raft.role, raft.term, raft.leader, raft.commit, raft.applied, raft.last_index) == (
        Role.FOLLOWER,
        1,
        0,
        1,
        1,
        1,
    )
    assert (raft.contacts(), raft.leader_since_ms, raft.change_pending, raft.wants_compaction) == ({}, 0, False, False)
    assert (raft.lease_until_ms, raft.lease_fence) == (0, 0)


def test_a_vote_is_saved_in_the_same_step_as_the_questions_are_sent() -> None:
    raft = machine()
    raft.receive(TWO, VoteRequest(2, 1, 1, False, True), 0)

    ready = raft.ready(0)

    assert ready is not None
    assert ready.hard_state == HardState(2, TWO, 1)
    assert len(ready.messages) == 1


def test_a_proposal_is_saved_before_it_is_decided_and_decided_before_it_is_given_out() -> None:
    raft = alone()
    raft.propose(b"x", 5)

    first, second = settle(raft)

    assert [e.data for e in first.entries] == [b"x"]
    assert first.hard_state == HardState(2, ONE, 2)
    assert first.committed == ()
    assert second.hard_state is None
    assert [e.data for e in second.committed] == [b"x"]
    assert (raft.commit, raft.applied) == (3, 3)


def test_nothing_counts_as_saved_before_advance() -> None:
    raft = alone()
    raft.propose(b"x", 5)

    raft.ready(5)
    assert raft.commit == 2

    raft.advance(5)
    assert raft.commit == 3


def test_between_ready_and_advance_nothing_else_is_done() -> None:
    raft = alone()
    raft.propose(b"x", 5)
    raft.ready(5)

    with pytest.raises(AssertionError, match="advance first"):
        raft.ready(5)
    with pytest.raises(AssertionError, match="advance first"):
        raft.tick(5)
    with pytest.raises(AssertionError, match="advance first"):
        raft.receive(TWO, TimeoutNow(2), 5)
    raft.advance(5)
    with pytest.raises(AssertionError, match="nothing to advance"):
        raft.advance(5)


def test_what_is_decided_comes_in_pieces() -> None:
    raft = alone(max_apply=2)
    for number in range(5):
        raft.propose(b"%d" % number, 5)

    given = [len(ready.committed) for ready in settle(raft)]

    assert given == [0, 2, 2, 1]


def test_a_follower_hands_proposals_and_reads_on_up_to_a_bound() -> None:
    raft = following()
    raft.propose(b"x", 5)
    raft.read_index(7, 5)

    (ready,) = settle(raft)

    assert ready.messages == ((TWO, Forward(2, b"x")), (TWO, ReadRequest(2, 7)))
    assert ready.hard_state is None


def test_more_in_one_step_than_may_be_handed_on_is_refused() -> None:
    raft = machine(max_forwarded=1)
    raft.receive(TWO, Heartbeat(2, 1, 0, 1, 1), 0)
    raft.propose(b"x", 5)

    assert refusal(lambda: raft.read_index(7, 5)) == "busy"

    settle(raft)
    raft.read_index(7, 5)


def test_without_a_leader_nothing_is_taken() -> None:
    raft = machine()

    assert refusal(lambda: raft.propose(b"x", 5)) == "no_leader"
    assert refusal(lambda: raft.read_index(7, 5)) == "no_leader"
    assert refusal(lambda: raft.change(Change(ChangeKind.REMOVE, TWO), 5)) == "no_leader"
    assert refusal(lambda: raft.transfer(TWO, 5)) == "no_leader"


def test_a_proposal_has_a_greatest_size() -> None:
    raft = alone(max_entry_bytes=3)

    raft.propose(b"abc", 5)

    assert refusal(lambda: raft.propose(b"abcd", 5)) == "too_large"


def test_a_leader_tells_what_it_knows() -> None:
    raft = alone()

    assert (raft.role, raft.leader, raft.leader_since_ms) == (Role.LEADER, ONE, 0)
    assert raft.contacts()[ONE].match == 2
    assert (raft.lease_until_ms, raft.lease_fence) == (500, 2)
    assert raft.next_deadline_ms == 100


def test_a_read_of_the_sole_voter_is_answered_in_the_next_step() -> None:
    raft = alone()

    raft.read_index(7, 50)

    (ready,) = settle(raft, 50)
    assert ready.reads == ((7, 2),)


def test_the_membership_changes_when_the_change_is_applied() -> None:
    raft = alone()

    raft.change(Change(ChangeKind.ADD_LEARNER, FOUR), 5)
    assert raft.change_pending
    assert FOUR not in raft.membership.learners
    readies = settle(raft, 5)

    assert FOUR in raft.membership.learners
    (change,) = [e for ready in readies for e in ready.committed]
    assert change.kind is EntryKind.CHANGE
    assert FOUR in raft.contacts()


def test_a_leader_hands_over() -> None:
    network = Network()
    for number in (1, 2, 3):
        network.add(number, founding((1, 2, 3)))
    network.run(700)

    network.raft(1).transfer(TWO, network.clock(1))
    network.pump(1)
    network.deliver_all()

    assert [network.raft(number).role for number in (1, 2)] == [Role.FOLLOWER, Role.LEADER]


def test_a_follower_saves_entries_before_it_says_that_it_has_them() -> None:
    raft = following()
    raft.receive(TWO, Append(2, 1, 1, entries(2, 2, 2), 2), 5)

    (ready,) = settle(raft)

    assert ready.entries == entries(2, 2, 2)
    assert ready.messages == ((TWO, AppendReply(2, 3, False, 0, 0)),)
    assert [e.index for e in ready.committed] == [2]


def test_a_snapshot_is_saved_before_it_is_confirmed() -> None:
    raft = Raft(RaftConfig(FOUR), BLANK, FixedChance(0), 0)
    raft.receive(ONE, InstallSnapshot(3, snapshot(7, 2, 1, 2, 3)), 5)

    (ready,) = settle(raft)

    assert ready.snapshot == snapshot(7, 2, 1, 2, 3)
    assert ready.hard_state == HardState(3, NodeId(0), 7)
    assert ready.messages == ((ONE, AppendReply(3, 7, False, 0, 0)),)
    assert (raft.applied, raft.membership.voters) == (7, (ONE, TWO, THREE))


def test_what_is_in_force_is_what_the_application_says() -> None:
    raft = alone()

    raft.applied_to(2)
    raft.applied_to(1)

    assert raft.contacts()[ONE].applied == 2
    with pytest.raises(AssertionError):
        raft.applied_to(3)


def test_compaction_is_wanted_after_many_entries_and_takes_them_away() -> None:
    raft = alone(compact_entries=4, keep_entries=0)
    for _ in range(2):
        raft.propose(b"x", 5)
    settle(raft)
    assert not wants_compaction(raft)
    raft.propose(b"x", 5)
    settle(raft)
    assert wants_compaction(raft)

    raft.compact(Snapshot(5, 2, 5, raft.membership, b"state"))

    assert not wants_compaction(raft)
    assert raft.last_index == 5


def test_compaction_is_wanted_after_many_bytes() -> None:
    raft = alone(compact_bytes=10)

    raft.propose(b"0123456789", 5)
    settle(raft)

    assert wants_compaction(raft)


def wants_compaction(raft: Raft) -> bool:
    return raft.wants_compaction


def test_a_restart_goes_on_from_what_was_saved() -> None:
    network = Network()
    network.add(1, founding((1,)))
    network.tick(1)
    network.raft(1).propose(b"x", 0)
    network.pump(1)

    network.crash(1)
    network.start(1)
    network.tick(1)

    assert network.nodes[1].applied == [(2, ""), (3, "x"), (4, "")]


def test_nonsense_is_counted() -> None:
    raft = machine()

    raft.receive(ONE, TimeoutNow(2), 0)

    assert raft.rejected == {"stranger": 1}


def test_the_stamped_time_goes_on_over_leaders() -> None:
    network = Network()
    for number in (1, 2, 3):
        network.add(number, founding((1, 2, 3)))
    network.run(2_000)
    network.crash(1)
    network.run(2_000)

    times = [saved.time_ms for saved in network.nodes[2].disk.entries]

    assert times == sorted(times)
    assert len(times) == 2
    assert 600 <= times[1] - times[0] <= 3_400


def test_entries_are_what_they_were_declared_to_be() -> None:
    assert entry(1, 2) == Entry(1, 2, EntryKind.NORMAL, 10, b"")
