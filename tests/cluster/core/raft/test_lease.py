from apps.cluster.core.raft.lease import ROUNDS_MAX, Granted, LeaseGiver, LeaseHolder
from tests.cluster.core.raft.build import ONE, STRANGER, THREE, TWO

MEMBERS = (ONE, TWO, THREE)


def test_a_lease_runs_from_the_answer_it_was_granted_for() -> None:
    holder = LeaseHolder(500)
    holder.answer(1, 1, 100)
    holder.answer(1, 2, 200)

    holder.grant(1, 1, fence=5)

    assert holder.current(applied=5) == Granted(600, 5)


def test_there_is_no_lease_before_its_fence_is_applied() -> None:
    holder = LeaseHolder(500)
    holder.answer(1, 1, 100)

    holder.grant(1, 1, fence=5)

    assert holder.current(applied=4) is None


def test_an_earlier_lease_lasts_while_a_later_one_waits_for_its_fence() -> None:
    holder = LeaseHolder(500)
    for number in (1, 2, 3):
        holder.answer(1, number, number * 100)
    holder.grant(1, 1, fence=5)
    holder.grant(1, 2, fence=6)
    holder.grant(1, 3, fence=9)

    assert holder.current(applied=5) == Granted(600, 5)
    assert holder.current(applied=8) == Granted(700, 6)
    assert holder.current(applied=9) == Granted(800, 9)


def test_the_first_answer_to_a_repeated_round_counts() -> None:
    holder = LeaseHolder(500)
    holder.answer(1, 1, 100)
    holder.answer(1, 1, 180)

    holder.grant(1, 1, fence=0)

    assert holder.current(0) == Granted(600, 0)


def test_a_round_that_comes_late_is_not_remembered() -> None:
    holder = LeaseHolder(500)
    holder.answer(1, 2, 100)
    holder.answer(1, 1, 180)

    holder.grant(1, 1, fence=0)

    assert holder.current(0) is None


def test_a_grant_for_another_term_or_for_no_answer_is_none() -> None:
    holder = LeaseHolder(500)
    holder.answer(2, 5, 100)

    holder.grant(1, 5, fence=0)
    holder.grant(2, 9, fence=0)
    holder.grant(2, 0, fence=0)

    assert holder.current(0) is None


def test_a_grant_that_comes_again_changes_nothing() -> None:
    holder = LeaseHolder(500)
    holder.answer(1, 1, 100)
    holder.grant(1, 1, fence=3)

    holder.grant(1, 1, fence=7)

    assert holder.current(3) == Granted(600, 3)


def test_a_lease_outlives_the_term_it_was_granted_in() -> None:
    holder = LeaseHolder(500)
    holder.answer(1, 9, 100)
    holder.grant(1, 9, fence=0)

    holder.answer(2, 1, 300)
    assert holder.current(0) == Granted(600, 0)

    holder.grant(2, 1, fence=0)
    assert holder.current(0) == Granted(800, 0)


def test_a_member_remembers_a_bounded_number_of_rounds() -> None:
    holder = LeaseHolder(500)
    for number in range(1, ROUNDS_MAX + 2):
        holder.answer(1, number, number)

    holder.grant(1, 1, fence=0)
    assert holder.current(0) is None

    holder.grant(1, 2, fence=0)
    assert holder.current(0) == Granted(502, 0)


def giver(*, forced: bool = False) -> LeaseGiver:
    return LeaseGiver(550, 1_000, forced=forced)


def test_a_majority_for_a_round_grants_what_was_answered_when_it_began() -> None:
    leases = giver()
    leases.begin(ONE, 1_000)
    leases.answered(TWO, 1, 1_010)
    leases.begin(ONE, 1_100)
    leases.answered(THREE, 1, 1_110)
    leases.answered(TWO, 2, 1_120)

    leases.prove(2, MEMBERS)

    assert [leases.granted_to(node) for node in MEMBERS] == [2, 1, 0]


def test_a_round_without_majority_grants_nothing() -> None:
    leases = giver()
    leases.begin(ONE, 1_000)
    leases.answered(TWO, 1, 1_010)

    leases.prove(0, MEMBERS)

    assert leases.granted_to(ONE) == leases.granted_to(TWO) == 0


def test_one_proof_settles_all_rounds_before_it() -> None:
    leases = giver()
    for number in (1, 2, 3):
        leases.begin(ONE, 1_000 + number)
        leases.answered(TWO, number, 1_000 + number)

    leases.prove(3, MEMBERS)
    leases.prove(2, MEMBERS)

    assert leases.granted_to(TWO) == 2


def test_answers_to_rounds_that_were_not_or_were_answered_are_no_news() -> None:
    leases = giver()
    leases.begin(ONE, 1_000)

    assert leases.answered(TWO, 1, 1_010)
    assert not leases.answered(TWO, 1, 1_020)
    assert not leases.answered(TWO, 0, 1_020)
    assert not leases.answered(THREE, 2, 1_020)
    assert leases.answer_of(STRANGER) == 0


def test_the_bound_follows_the_answer_the_grant_is_for() -> None:
    leases = giver()
    assert leases.bound_ms(TWO) == 1_000

    leases.begin(ONE, 1_000)
    leases.answered(TWO, 1, 1_010)
    assert leases.bound_ms(TWO) == 1_000

    leases.begin(ONE, 1_100)
    leases.prove(2, MEMBERS)
    assert leases.bound_ms(TWO) == 1_560
    assert leases.bound_ms(ONE) == 1_650


def test_after_a_forced_election_leases_of_the_leader_before_may_run() -> None:
    leases = giver(forced=True)

    assert leases.bound_ms(TWO) == leases.bound_ms(STRANGER) == 1_550


def test_who_is_no_member_is_granted_nothing() -> None:
    leases = giver()
    leases.begin(ONE, 1_000)
    leases.answered(TWO, 1, 1_010)
    leases.begin(ONE, 1_100)

    leases.prove(2, (ONE, THREE))

    assert leases.granted_to(TWO) == 0
