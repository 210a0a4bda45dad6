import pytest

from apps.cluster.core.ids import NO_NODE
from apps.cluster.core.raft import (
    Append,
    AppendReply,
    Change,
    ChangeKind,
    EntryKind,
    Forward,
    Heartbeat,
    HeartbeatReply,
    InstallSnapshot,
    RaftMessage,
    ReadReply,
    ReadRequest,
    Role,
    TimeoutNow,
    VoteReply,
    VoteRequest,
)
from apps.cluster.core.raft.member import Member
from apps.cluster.core.raft.membership import encode_change
from apps.cluster.core.raft.protocol import Protocol
from tests.cluster.core.raft.build import FOUR, ONE, STRANGER, THREE, TWO, entry, member, snapshot

HEARTBEAT = Heartbeat(3, 1, 0, 1, 1)


def following() -> tuple[Member, Protocol]:
    """Return a follower of TWO in term 3, heard at 1,000 ms."""
    node = member()
    protocol = Protocol(node, 0)
    protocol.receive(TWO, HEARTBEAT, 1_000)
    node.outbox.clear()
    return node, protocol


def leading(max_reads: int = 9) -> tuple[Member, Protocol]:
    """Return a leader of term 2 since 1,000 ms."""
    node = member(max_reads=max_reads)
    protocol = Protocol(node, 0)
    protocol.tick(1_000)
    protocol.receive(TWO, VoteReply(2, True, True, 1, 1), 1_000)
    protocol.receive(TWO, VoteReply(2, True, False, 1, 1), 1_000)
    node.outbox.clear()
    assert node.role is Role.LEADER
    return node, protocol


def asking(term: int, *, pre: bool = False, force: bool = False) -> VoteRequest:
    return VoteRequest(term, 9, 9, pre, force)


@pytest.mark.parametrize("message", [HEARTBEAT, Append(3, 1, 1, (), 1), InstallSnapshot(3, snapshot(1, 1, 1, 2, 3))])
def test_who_leads_in_a_later_term_is_followed(message: RaftMessage) -> None:
    node, protocol = leading()

    protocol.receive(THREE, message, 1_010)

    assert (node.role, node.term, node.leader, node.heard_ms) == (Role.FOLLOWER, 3, THREE, 1_010)
    assert protocol.office is None
    assert len(node.outbox) == 1


def test_a_candidate_follows_who_has_won_its_term() -> None:
    node = member()
    protocol = Protocol(node, 0)
    protocol.tick(1_000)
    protocol.receive(TWO, VoteReply(2, True, True, 1, 1), 1_000)

    protocol.receive(THREE, Heartbeat(2, 1, 0, 1, 1), 1_010)

    assert (node.role, node.term, node.leader) == (Role.FOLLOWER, 2, THREE)


def test_a_term_has_one_leader() -> None:
    node, protocol = following()

    protocol.receive(THREE, HEARTBEAT, 1_010)

    assert (node.leader, node.outbox, node.rejected["second_leader"]) == (TWO, [], 1)


@pytest.mark.parametrize("message", [Heartbeat(2, 1, 0, 1, 1), Append(2, 1, 1, (), 1)])
def test_a_leader_left_behind_is_told_the_term(message: RaftMessage) -> None:
    node, protocol = following()

    protocol.receive(THREE, message, 1_010)

    assert node.outbox == [(THREE, AppendReply(3, 0, True, 0, 0))]
    assert node.heard_ms == 1_000


@pytest.mark.parametrize("pre", [True, False])
def test_a_candidate_left_behind_is_told_the_term(pre: bool) -> None:
    node, protocol = following()

    protocol.receive(THREE, asking(2, pre=pre), 1_010)

    assert node.outbox == [(THREE, VoteReply(3, False, pre, 1, 1))]


def test_anything_else_of_an_earlier_term_is_dropped() -> None:
    node, protocol = following()

    protocol.receive(TWO, ReadReply(2, 7, 1), 1_010)

    assert (node.outbox, node.reads, node.rejected["stale"]) == ([], [], 1)


@pytest.mark.parametrize(("term", "pre"), [(4, True), (4, False), (3, False)])
def test_no_vote_is_considered_while_a_leader_was_heard_lately(term: int, pre: bool) -> None:
    node, protocol = following()

    protocol.receive(THREE, asking(term, pre=pre), 1_599)

    assert (node.term, node.leader, node.outbox, node.rejected["withheld"]) == (3, TWO, [], 1)
    protocol.receive(THREE, asking(4), 1_600)
    assert node.outbox == [(THREE, VoteReply(4, True, False, 1, 1))]


def test_a_forced_election_is_considered_at_once_but_what_was_heard_still_counts() -> None:
    node, protocol = following()

    protocol.receive(THREE, asking(4, force=True), 1_001)
    protocol.receive(TWO, asking(5), 1_599)

    assert (node.term, node.vote) == (4, THREE)
    assert node.rejected["withheld"] == 1


def test_a_leader_withholds_its_vote_from_others_as_well() -> None:
    node, protocol = leading()

    protocol.receive(THREE, asking(3), 1_500)

    assert (node.role, node.term, node.rejected["withheld"]) == (Role.LEADER, 2, 1)


def test_a_pre_vote_begins_no_term() -> None:
    node, protocol = following()

    protocol.receive(THREE, asking(9, pre=True), 1_700)

    assert (node.term, node.leader) == (3, TWO)
    assert node.outbox == [(THREE, VoteReply(9, True, True, 1, 1))]


def test_a_granted_pre_vote_begins_no_term_but_a_refused_one_of_a_later_term_does() -> None:
    node = member()
    protocol = Protocol(node, 0)
    protocol.tick(1_000)

    protocol.receive(TWO, VoteReply(9, True, True, 1, 1), 1_000)
    assert node.term == 1

    protocol.receive(TWO, VoteReply(9, False, True, 1, 1), 1_000)
    assert (node.role, node.term) == (Role.FOLLOWER, 9)


def test_a_refusal_of_any_term_tells_what_is_decided() -> None:
    node, protocol = following()
    node.log.append(entry(2, 2))

    protocol.receive(THREE, VoteReply(1, False, True, 2, 2), 1_010)

    assert node.log.commit == 2
    assert node.rejected["stale"] == 1


@pytest.mark.parametrize("message", [AppendReply(3, 1, False, 0, 0), VoteReply(9, True, True, 1, 1), TimeoutNow(9)])
def test_strangers_are_not_heard(message: RaftMessage) -> None:
    node, protocol = following()

    protocol.receive(STRANGER, message, 1_010)
    protocol.receive(ONE, message, 1_010)

    assert (node.term, node.rejected["stranger"]) == (3, 2)


def test_a_leader_that_is_no_member_here_may_be_one_elsewhere() -> None:
    node, protocol = following()

    protocol.receive(STRANGER, Heartbeat(4, 1, 0, 1, 1), 1_010)
    protocol.receive(STRANGER, TimeoutNow(4), 1_020)

    assert (node.role, node.term) == (Role.CANDIDATE, 5)


@pytest.mark.parametrize(
    "message", [AppendReply(3, 1, False, 0, 0), HeartbeatReply(3, 1, 1), Forward(3, b"x"), ReadRequest(3, 7)]
)
def test_what_is_for_a_leader_is_dropped_by_others(message: RaftMessage) -> None:
    node, protocol = following()

    protocol.receive(THREE, message, 1_010)

    assert (node.outbox, node.rejected) == ([], {"not_leading": 1})


def test_a_leader_hears_its_members() -> None:
    node, protocol = leading()
    assert protocol.office is not None

    protocol.receive(TWO, AppendReply(2, 1, False, 0, 0), 1_010)
    protocol.receive(THREE, HeartbeatReply(2, 1, 1), 1_020)
    protocol.receive(THREE, Forward(2, b"x"), 1_030)
    protocol.receive(THREE, ReadRequest(2, 7), 1_030)

    contacts = protocol.office.contacts()
    assert (contacts[TWO].acked_ms, contacts[THREE].acked_ms) == (1_010, 1_020)
    assert node.log.between(2, 3)[0].data == b"x"
    assert node.rejected == {}


def test_what_a_leader_cannot_take_is_dropped_and_counted() -> None:
    node, protocol = leading(max_reads=0)
    assert protocol.office is not None
    protocol.office.transfer(TWO, 1_000)

    protocol.receive(THREE, Forward(2, b"x"), 1_030)
    protocol.receive(THREE, ReadRequest(2, 7), 1_030)

    assert node.rejected == {"forwarded_transferring": 1, "forwarded_busy": 1}


def test_only_the_leader_answers_reads_and_hands_over() -> None:
    node, protocol = following()

    protocol.receive(THREE, ReadReply(3, 7, 1), 1_010)
    protocol.receive(THREE, TimeoutNow(3), 1_010)
    assert (node.reads, node.rejected["not_the_leader"]) == ([], 2)

    protocol.receive(TWO, ReadReply(3, 7, 1), 1_010)
    assert node.reads == [(7, 1)]
    protocol.receive(TWO, TimeoutNow(3), 1_010)
    assert (node.role, node.term, protocol.election.forced) == (Role.CANDIDATE, 4, True)


def test_who_may_not_stand_does_not_take_over() -> None:
    node, protocol = following()
    node.membership = snapshot(1, 1, 2, 3).membership

    protocol.receive(TWO, TimeoutNow(3), 1_010)

    assert (node.role, node.rejected["cannot_stand"]) == (Role.FOLLOWER, 1)


def test_the_only_voter_left_takes_over_at_once_and_knows_that_leases_may_run() -> None:
    node, protocol = following()
    node.membership = snapshot(1, 1, 1).membership
    node.leader = TWO

    protocol.receive(TWO, TimeoutNow(3), 1_010)

    assert (node.role, node.term) == (Role.LEADER, 4)
    assert protocol.office is not None
    assert protocol.office.contacts()[ONE].lease_bound_ms >= 1_560


def test_a_leader_without_majority_steps_down_in_its_term() -> None:
    node, protocol = leading()

    protocol.tick(1_600)

    assert (node.role, node.term, node.leader, protocol.office) == (Role.FOLLOWER, 2, NO_NODE, None)


def test_a_leader_with_majority_goes_on() -> None:
    node, protocol = leading()
    protocol.receive(TWO, AppendReply(2, 1, False, 0, 0), 1_300)

    protocol.tick(1_600)

    assert node.role is Role.LEADER


def test_an_answer_that_changes_a_candidates_majority_ends_its_candidacy() -> None:
    node = member()
    node.log.append(entry(2, 1, encode_change(Change(ChangeKind.ADD_LEARNER, FOUR)), EntryKind.CHANGE))
    protocol = Protocol(node, 0)
    protocol.tick(1_000)

    protocol.receive(TWO, VoteReply(2, True, True, 2, 1), 1_000)

    assert (node.role, node.log.commit) == (Role.FOLLOWER, 2)


def test_a_leader_is_taught_by_no_vote_that_comes_late_but_counts() -> None:
    """It keeps books of what it has counted; a commit from elsewhere would let the log be compacted past them."""
    node, protocol = leading()
    node.log.stable_to(node.log.last_index)
    last = node.log.last_index

    protocol.receive(THREE, VoteReply(2, True, False, last, 2), 1_010)

    assert node.log.commit == 1
    protocol.receive(THREE, AppendReply(2, last, False, 0, 0), 1_020)
    assert node.log.commit == last
