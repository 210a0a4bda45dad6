import pytest

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.raft import Role, VoteReply, VoteRequest
from apps.cluster.core.raft.election import Election
from apps.cluster.core.raft.member import Member
from tests.cluster.core.raft.build import FOUR, ONE, THREE, TWO, member

TIMEOUT_MS = 900
"""What a node waits for a leader with chance 0.5."""


def reply(term: int, granted: bool, *, pre: bool = False) -> VoteReply:
    return VoteReply(term, granted, pre, 1, 1)


def request(term: int, last_index: int = 1, last_term: int = 1, *, pre: bool = False) -> VoteRequest:
    return VoteRequest(term, last_index, last_term, pre, False)


def asked(candidate: Member) -> list[NodeId]:
    """Take what is sent; return who is asked."""
    asked_now = [to for to, message in candidate.outbox if isinstance(message, VoteRequest)]
    candidate.outbox.clear()
    return asked_now


def test_a_voter_waits_a_random_time_and_then_asks_what_would_be() -> None:
    waiting = member()
    election = Election(waiting, 0)

    assert election.next_deadline_ms == TIMEOUT_MS
    assert not election.tick(TIMEOUT_MS - 1)
    assert waiting.outbox == []
    assert not election.tick(TIMEOUT_MS)

    assert waiting.role is Role.PRE_CANDIDATE
    assert waiting.term == 1
    assert waiting.outbox == [(node, VoteRequest(2, 1, 1, True, False)) for node in (TWO, THREE)]


def test_a_majority_of_pre_votes_begins_a_term_and_a_majority_of_votes_wins_it() -> None:
    candidate = member()
    election = Election(candidate, 0)
    election.tick(TIMEOUT_MS)
    candidate.outbox.clear()

    assert not election.on_reply(TWO, reply(2, True, pre=True), 910)
    assert (candidate.role, candidate.term, candidate.vote) == (Role.CANDIDATE, 2, ONE)
    assert asked(candidate) == [TWO, THREE]

    assert election.on_reply(TWO, reply(2, True), 920)


def test_the_sole_voter_wins_at_once() -> None:
    alone = member(voters=(1,))
    election = Election(alone, 0)

    assert election.next_deadline_ms == 0
    assert election.tick(0)
    assert (alone.term, alone.vote, election.forced) == (2, ONE, False)


def test_who_has_not_answered_is_asked_again() -> None:
    candidate = member(voters=(1, 2, 3, 4))
    election = Election(candidate, 0)
    election.tick(TIMEOUT_MS)
    assert asked(candidate) == [TWO, THREE, FOUR]
    election.on_reply(THREE, reply(2, True, pre=True), 950)

    assert election.next_deadline_ms == 1_000
    election.tick(999)
    assert asked(candidate) == []
    election.tick(1_000)

    assert asked(candidate) == [TWO, FOUR]


def test_a_candidacy_without_end_begins_again() -> None:
    candidate = member()
    election = Election(candidate, 0)
    election.tick(TIMEOUT_MS)
    election.on_reply(TWO, reply(2, True, pre=True), 900)
    candidate.outbox.clear()

    election.tick(900 + TIMEOUT_MS)

    assert (candidate.role, candidate.term) == (Role.PRE_CANDIDATE, 2)


@pytest.mark.parametrize("learner", [True, False])
def test_only_voters_stand(learner: bool) -> None:
    other = member(voters=(2, 3), learners=(1,) if learner else ())
    other.leader = TWO
    election = Election(other, 0)

    assert not election.tick(TIMEOUT_MS)

    assert (other.role, other.leader, other.outbox) == (Role.FOLLOWER, NO_NODE, [])
    assert election.next_deadline_ms == 2 * TIMEOUT_MS


def test_a_majority_of_refusals_ends_a_candidacy_and_the_next_comes_soon() -> None:
    candidate = member()
    election = Election(candidate, 0)
    election.tick(TIMEOUT_MS)
    election.on_reply(TWO, reply(2, True, pre=True), 900)

    assert not election.on_reply(TWO, reply(2, False), 910)
    assert election.next_deadline_ms == 1_000
    assert not election.on_reply(THREE, reply(2, False), 920)

    assert candidate.role is Role.FOLLOWER
    assert election.next_deadline_ms == 920 + 100 + 300


def test_nobody_stands_again_before_leases_that_it_has_proved_have_run_out() -> None:
    sent = member()
    sent.heard_ms = 890
    election = Election(sent, 890)
    election.stand(900, forced=True)
    election.on_reply(TWO, reply(2, False), 905)

    election.on_reply(THREE, reply(2, False), 910)

    assert election.next_deadline_ms == 890 + 600


def test_a_second_answer_of_the_same_voter_does_not_count() -> None:
    candidate = member(voters=(1, 2, 3, 4))
    election = Election(candidate, 0)
    election.stand(900, forced=False)

    assert not election.on_reply(TWO, reply(2, True), 910)
    assert not election.on_reply(TWO, reply(2, True), 910)
    assert election.on_reply(THREE, reply(2, True), 910)


def test_votes_of_others_than_voters_do_not_count() -> None:
    candidate = member(learners=(4,))
    election = Election(candidate, 0)
    election.stand(900, forced=False)

    assert not election.on_reply(FOUR, reply(2, True), 910)


@pytest.mark.parametrize("late", [reply(2, True, pre=True), reply(3, True, pre=True), reply(3, True)])
def test_an_answer_to_another_question_is_late(late: VoteReply) -> None:
    candidate = member()
    election = Election(candidate, 0)
    election.stand(900, forced=False)

    assert not election.on_reply(TWO, late, 910)

    assert candidate.rejected["late_vote"] == 1


def test_a_forced_candidate_says_so() -> None:
    sent = member()
    election = Election(sent, 0)

    election.stand(10, forced=True)

    assert election.forced
    assert sent.outbox == [(node, VoteRequest(2, 1, 1, False, True)) for node in (TWO, THREE)]


def test_a_vote_is_given_once_and_delays_the_own_candidacy() -> None:
    voter = member()
    voter.enter_term(2)
    election = Election(voter, 0)

    election.on_request(TWO, request(2), 700)
    election.on_request(THREE, request(2), 700)
    election.on_request(TWO, request(2), 700)

    assert [(to, m.granted) for to, m in voter.outbox if isinstance(m, VoteReply)] == [
        (TWO, True),
        (THREE, False),
        (TWO, True),
    ]
    assert election.next_deadline_ms == 700 + TIMEOUT_MS


def test_no_vote_is_given_where_a_leader_is_known() -> None:
    voter = member()
    voter.enter_term(2)
    voter.leader = THREE
    election = Election(voter, 0)

    election.on_request(TWO, request(2), 700)
    election.on_request(TWO, request(2, pre=True), 700)

    assert voter.outbox == [(TWO, reply(2, False)), (TWO, reply(2, False, pre=True))]
    assert voter.vote == NO_NODE


def test_no_vote_is_given_to_a_shorter_log() -> None:
    voter = member()
    voter.enter_term(2)
    election = Election(voter, 0)

    election.on_request(TWO, request(2, last_index=0, last_term=1), 700)
    election.on_request(TWO, request(3, last_index=9, last_term=0, pre=True), 700)

    assert voter.outbox == [(TWO, reply(2, False)), (TWO, reply(2, False, pre=True))]


def test_a_pre_vote_is_given_to_many_and_changes_nothing() -> None:
    voter = member()
    voter.leader = THREE
    election = Election(voter, 0)

    election.on_request(TWO, request(2, pre=True), 700)
    election.on_request(FOUR, request(2, pre=True), 700)

    assert voter.outbox == [(TWO, reply(2, True, pre=True)), (FOUR, reply(2, True, pre=True))]
    assert (voter.term, voter.vote) == (1, NO_NODE)
    assert election.next_deadline_ms == TIMEOUT_MS
