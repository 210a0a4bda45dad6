import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import (
    AppendReply,
    Change,
    ChangeKind,
    Contact,
    Heartbeat,
    HeartbeatReply,
    Membership,
    ProposalRefused,
    ReadReply,
    TimeoutNow,
)
from apps.cluster.core.raft.member import Member
from apps.cluster.core.raft.office import Office
from tests.cluster.core.raft.build import FOUR, ONE, STRANGER, THREE, TWO, member

NOW_MS = 1_000


class Leader:
    """A leader of term 2 since NOW_MS whose first entry, 2:2, is on its disk."""

    def __init__(self, *voters: int, learners: tuple[int, ...] = (), forced: bool = False, **config: int) -> None:
        self.member: Member = member(voters=voters or (1, 2, 3), learners=learners, **config)
        self.member.enter_term(2)
        self.member.leader = ONE
        self.office = Office(self.member, NOW_MS, forced=forced)
        self.save()

    def save(self, now_ms: int = NOW_MS) -> None:
        self.member.log.stable_to(self.member.log.last_index)
        self.office.persisted(now_ms)

    def accept(self, node: NodeId, now_ms: int = NOW_MS) -> None:
        """Let a member have the whole log."""
        reply = AppendReply(2, self.member.log.last_index, False, 0, 0)
        self.office.on_append_reply(node, reply, now_ms)

    def apply(self) -> None:
        self.member.log.apply_to(self.member.log.commit)

    def answer(self, node: NodeId, number: int, now_ms: int, applied: int = 0) -> None:
        self.office.on_heartbeat_reply(node, HeartbeatReply(2, number, applied), now_ms)

    def sent(self, kind: type) -> list[tuple[NodeId, object]]:
        """Take what is sent of a kind; forget the rest."""
        found: list[tuple[NodeId, object]] = [
            (to, message) for to, message in self.member.outbox if isinstance(message, kind)
        ]
        self.member.outbox.clear()
        return found


def refusal(call: object) -> str:
    with pytest.raises(ProposalRefused) as refused:
        call()  # type: ignore[operator]
    return refused.value.reason


def test_an_office_begins_with_an_entry_and_a_round() -> None:
    leader = Leader()

    assert leader.sent(Heartbeat) == [(node, Heartbeat(2, 1, 0, 2, 0)) for node in (TWO, THREE)]
    assert (leader.member.log.last_term, leader.member.log.last_index) == (2, 2)
    assert leader.office.since_ms == leader.member.heard_ms == NOW_MS
    assert leader.office.next_deadline_ms == NOW_MS + 100


def test_it_speaks_again_after_each_heartbeat_time() -> None:
    leader = Leader()
    leader.sent(Heartbeat)

    assert leader.office.tick(NOW_MS + 99)
    assert leader.sent(Heartbeat) == []
    assert leader.office.tick(NOW_MS + 100)
    assert len(leader.sent(Heartbeat)) == 2


def test_the_first_rounds_follow_each_other_so_that_leases_begin_early() -> None:
    leader = Leader()
    leader.accept(TWO)
    leader.apply()
    leader.sent(Heartbeat)

    leader.answer(TWO, 1, NOW_MS + 2)
    leader.answer(THREE, 1, NOW_MS + 2)
    leader.answer(TWO, 2, NOW_MS + 4)

    heartbeats = leader.sent(Heartbeat)
    assert heartbeats[-2:] == [(TWO, Heartbeat(2, 3, 1, 2, 2)), (THREE, Heartbeat(2, 3, 0, 2, 0))]
    leader.answer(TWO, 3, NOW_MS + 6)
    assert leader.sent(Heartbeat) == []
    lease = leader.member.lease.current(2)
    assert lease is not None
    assert lease.until_ms == NOW_MS + 4 + 500


def test_without_a_majority_the_office_is_lost_after_election_ms() -> None:
    leader = Leader()
    leader.answer(THREE, 1, NOW_MS + 50)

    assert leader.office.tick(NOW_MS + 649)
    assert not leader.office.tick(NOW_MS + 750)


def test_a_leader_nobody_has_answered_yet_has_election_ms_as_well() -> None:
    leader = Leader()

    assert leader.office.tick(NOW_MS + 599)
    assert not leader.office.tick(NOW_MS + 700)


def test_entries_are_stamped_with_time_that_goes_on_from_the_last_entry() -> None:
    leader = Leader()

    leader.office.propose(b"a", NOW_MS + 40)
    leader.office.propose(b"b", NOW_MS + 30)

    assert [e.time_ms for e in leader.member.log.between(1, 4)] == [NOW_MS, NOW_MS + 40, NOW_MS + 40]


def test_too_much_undecided_is_refused_until_it_is_decided() -> None:
    leader = Leader(max_uncommitted_bytes=10)
    leader.office.propose(b"12345678", NOW_MS)

    assert refusal(lambda: leader.office.propose(b"123", NOW_MS)) == "busy"

    leader.save()
    leader.accept(TWO)
    leader.office.propose(b"123", NOW_MS)
    assert leader.member.log.last_index == 4


def test_a_single_large_proposal_is_taken_when_nothing_else_waits() -> None:
    leader = Leader(max_uncommitted_bytes=2)

    leader.office.propose(b"12345678", NOW_MS)

    assert leader.member.log.last_index == 3


def test_what_the_leader_before_left_undecided_counts() -> None:
    successor = member(max_uncommitted_bytes=10)
    successor.log.append(Leader().member.log.between(1, 2)[0])
    successor.enter_term(2)
    first = Office(successor, NOW_MS, forced=False)
    first.propose(b"12345678", NOW_MS)
    successor.enter_term(3)

    second = Office(successor, NOW_MS, forced=False)

    assert refusal(lambda: second.propose(b"123", NOW_MS)) == "busy"


ADD_FOUR = Change(ChangeKind.ADD_LEARNER, FOUR)


def test_the_membership_is_not_changed_before_an_entry_of_the_own_term_is_decided() -> None:
    leader = Leader()
    assert refusal(lambda: leader.office.change(ADD_FOUR, NOW_MS)) == "change_pending"

    leader.accept(TWO)
    leader.apply()
    leader.office.change(ADD_FOUR, NOW_MS)

    assert leader.office.change_pending
    assert refusal(lambda: leader.office.change(ADD_FOUR, NOW_MS)) == "change_pending"
    leader.save()
    leader.accept(TWO)
    assert leader.office.change_pending
    leader.apply()
    assert not leader.office.change_pending


def test_a_change_that_fits_not_is_refused() -> None:
    leader = Leader()
    leader.accept(TWO)
    leader.apply()

    assert refusal(lambda: leader.office.change(Change(ChangeKind.PROMOTE, TWO), NOW_MS)) == "impossible"


def test_a_learner_that_lags_is_not_promoted() -> None:
    leader = Leader(learners=(4,), max_promote_lag=1)
    leader.accept(TWO)
    leader.apply()
    promote = Change(ChangeKind.PROMOTE, FOUR)
    assert refusal(lambda: leader.office.change(promote, NOW_MS)) == "lagging"

    leader.accept(FOUR)
    leader.office.change(promote, NOW_MS)

    assert leader.office.change_pending


def test_a_voter_with_the_whole_log_is_told_to_take_over_at_once() -> None:
    leader = Leader()
    leader.accept(TWO)
    leader.sent(TimeoutNow)

    leader.office.transfer(TWO, NOW_MS)

    assert leader.sent(TimeoutNow) == [(TWO, TimeoutNow(2))]
    assert refusal(lambda: leader.office.propose(b"x", NOW_MS)) == "transferring"
    assert refusal(lambda: leader.office.change(ADD_FOUR, NOW_MS)) == "transferring"
    assert refusal(lambda: leader.office.transfer(THREE, NOW_MS)) == "transferring"


def test_a_voter_that_lags_is_told_when_it_has_the_whole_log_and_again_if_it_may_be_lost() -> None:
    leader = Leader()
    leader.office.transfer(TWO, NOW_MS)
    assert leader.sent(TimeoutNow) == []

    leader.accept(TWO)
    assert leader.sent(TimeoutNow) == [(TWO, TimeoutNow(2))]

    leader.answer(TWO, 1, NOW_MS)
    leader.answer(THREE, 1, NOW_MS)
    assert leader.sent(TimeoutNow) == [(TWO, TimeoutNow(2))]


def test_a_transfer_that_does_not_happen_is_given_up() -> None:
    leader = Leader()
    leader.office.transfer(TWO, NOW_MS)
    leader.answer(THREE, 1, NOW_MS + 550)

    leader.office.tick(NOW_MS + 599)
    assert refusal(lambda: leader.office.propose(b"x", NOW_MS)) == "transferring"
    leader.office.tick(NOW_MS + 600)

    leader.office.propose(b"x", NOW_MS + 600)
    leader.sent(TimeoutNow)
    leader.accept(TWO)
    assert leader.sent(TimeoutNow) == []


@pytest.mark.parametrize("to", [ONE, FOUR, STRANGER])
def test_only_another_voter_can_take_over(to: NodeId) -> None:
    leader = Leader(learners=(4,))

    assert refusal(lambda: leader.office.transfer(to, NOW_MS)) == "impossible"


def test_a_read_is_answered_by_a_round_that_began_after_it() -> None:
    leader = Leader()
    leader.accept(TWO)
    for number in (1, 2, 3):
        leader.answer(TWO, number, NOW_MS + 10)

    leader.office.read(ONE, 7, NOW_MS + 50)
    leader.office.read(THREE, 8, NOW_MS + 50)
    assert leader.member.reads == []
    leader.answer(TWO, 4, NOW_MS + 52)
    assert leader.member.reads == [(7, 2)]
    assert leader.sent(ReadReply) == []

    assert leader.office.next_deadline_ms == NOW_MS + 56
    leader.office.tick(NOW_MS + 56)
    leader.answer(TWO, 5, NOW_MS + 58)
    assert leader.sent(ReadReply) == [(THREE, ReadReply(2, 8, 2))]


def test_reads_wait_until_the_leader_knows_what_is_decided() -> None:
    leader = Leader()
    leader.office.read(ONE, 7, NOW_MS + 50)
    leader.answer(TWO, 1, NOW_MS + 51)
    leader.answer(TWO, 2, NOW_MS + 52)
    assert leader.member.reads == []
    assert leader.office.next_deadline_ms == NOW_MS + 152

    leader.accept(TWO, NOW_MS + 60)
    leader.answer(TWO, 4, NOW_MS + 61)

    assert leader.member.reads == [(7, 2)]


def test_more_reads_than_may_wait_are_refused() -> None:
    leader = Leader(max_reads=1)
    leader.office.read(ONE, 7, NOW_MS)

    assert refusal(lambda: leader.office.read(ONE, 8, NOW_MS)) == "busy"


def test_the_sole_voter_answers_reads_at_once() -> None:
    leader = Leader(1)

    leader.office.read(ONE, 7, NOW_MS + 50)

    assert leader.member.reads == [(7, 2)]


def test_contacts_tell_what_is_known_of_everybody() -> None:
    leader = Leader(learners=(4,))
    leader.member.applied = 1
    leader.accept(TWO, NOW_MS + 5)
    leader.answer(THREE, 1, NOW_MS + 7, applied=1)

    assert leader.office.contacts() == {
        ONE: Contact(NOW_MS + 7, 2, 1, NOW_MS + 550),
        TWO: Contact(NOW_MS + 5, 2, 0, NOW_MS),
        THREE: Contact(NOW_MS + 7, 0, 1, NOW_MS),
        FOUR: Contact(None, 0, 0, NOW_MS),
    }


def test_after_a_forced_election_everybody_may_still_have_a_lease() -> None:
    leader = Leader(forced=True)

    assert {contact.lease_bound_ms for contact in leader.office.contacts().values()} == {NOW_MS + 550}


def test_a_smaller_membership_may_decide_what_the_larger_could_not() -> None:
    leader = Leader(1, 2, 3, 4)
    leader.accept(TWO)
    assert leader.member.log.commit == 1

    leader.member.membership = Membership((ONE, TWO), (THREE,))
    leader.office.membership_changed(NOW_MS)

    assert leader.member.log.commit == 2


def test_a_transfer_to_one_who_is_no_voter_any_more_is_given_up() -> None:
    leader = Leader()
    leader.office.transfer(TWO, NOW_MS)

    leader.member.membership = Membership((ONE, THREE), (TWO,))
    leader.office.membership_changed(NOW_MS)

    leader.office.propose(b"x", NOW_MS)
    assert leader.member.log.last_index == 3


def test_a_transfer_goes_on_over_a_change_of_others() -> None:
    leader = Leader()
    leader.office.transfer(TWO, NOW_MS)

    leader.member.membership = Membership((ONE, TWO), (THREE,))
    leader.office.membership_changed(NOW_MS)

    assert refusal(lambda: leader.office.propose(b"x", NOW_MS)) == "transferring"


def test_a_leader_that_was_removed_counts_only_the_others_and_hands_over() -> None:
    leader = Leader()
    leader.accept(THREE, NOW_MS + 9)
    leader.accept(TWO, NOW_MS + 5)
    leader.sent(TimeoutNow)

    leader.member.membership = Membership((TWO, THREE), ())
    leader.office.membership_changed(NOW_MS + 10)

    assert leader.sent(TimeoutNow) == [(THREE, TimeoutNow(2))]
    assert ONE not in leader.office.contacts()
    assert refusal(lambda: leader.office.propose(b"x", NOW_MS)) == "transferring"
    leader.accept(THREE, NOW_MS + 590)
    leader.accept(TWO, NOW_MS + 600)
    leader.sent(TimeoutNow)
    assert leader.office.tick(NOW_MS + 610)
    assert leader.sent(TimeoutNow) == [(TWO, TimeoutNow(2))]
    assert not leader.office.tick(NOW_MS + 1_200)
