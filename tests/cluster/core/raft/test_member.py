import pytest

from apps.cluster.core.raft import Change, ChangeKind, EntryKind, HardState, Membership, RaftConfig, TimeoutNow
from apps.cluster.core.raft.member import Member
from apps.cluster.core.raft.membership import encode_change
from tests.cluster.core.raft.build import FOUR, ONE, TWO, entry, member, snapshot, stored
from tests.cluster.core.raft.network import BLANK, FixedChance


def test_a_member_goes_on_where_its_disk_says_it_was() -> None:
    disk = stored(5, 2, 3, snapshot(1, 1, 1, 2), entry(2, 3), entry(3, 4))

    loaded = Member(RaftConfig(ONE), disk, FixedChance(0), 7)

    assert (loaded.term, loaded.vote, loaded.log.commit) == (5, TWO, 3)
    assert loaded.hard_state == loaded.saved == HardState(5, TWO, 3)
    assert loaded.membership == Membership((ONE, TWO), ())


def test_a_member_is_never_behind_its_own_log() -> None:
    disk = stored(2, 2, 1, snapshot(1, 1, 1, 2), entry(2, 3))

    loaded = Member(RaftConfig(ONE), disk, FixedChance(0), 7)

    assert (loaded.term, loaded.vote) == (3, 0)


def test_a_blank_member_belongs_to_nothing_and_may_not_stand() -> None:
    blank = Member(RaftConfig(ONE), BLANK, FixedChance(0), 7)

    assert blank.membership == Membership()
    assert not blank.may_stand


def test_a_start_counts_as_having_heard_from_a_leader() -> None:
    started = member(voters=(1, 2))

    assert started.withholds(599)
    assert not started.withholds(600)


def test_who_is_alone_for_certain_has_nobody_to_wait_for() -> None:
    change = entry(2, 1, encode_change(Change(ChangeKind.REMOVE, TWO)), EntryKind.CHANGE)
    after_a_change = Member(RaftConfig(ONE), stored(1, 0, 2, snapshot(1, 1, 1), change), FixedChance(0), 0)

    assert not member(voters=(1,)).withholds(0)
    assert member(voters=(1,), learners=(2,)).withholds(0)
    assert member(node=2, voters=(1,)).withholds(0)
    assert after_a_change.withholds(0)


def test_a_term_never_falls_and_has_one_vote() -> None:
    voter = member()
    voter.enter_term(2)
    voter.give_vote(TWO)
    voter.give_vote(TWO)

    with pytest.raises(AssertionError, match="one vote"):
        voter.give_vote(ONE)
    with pytest.raises(AssertionError, match="never falls"):
        voter.enter_term(2)
    voter.enter_term(3)
    assert voter.vote == 0


def test_a_change_takes_effect_when_it_is_applied() -> None:
    applying = member()
    change = entry(2, 1, encode_change(Change(ChangeKind.ADD_LEARNER, FOUR)), EntryKind.CHANGE)

    assert applying.apply(change)
    assert applying.membership.learners == (FOUR,)
    assert not applying.apply(change)


def test_other_entries_and_broken_changes_change_nothing() -> None:
    applying = member()
    before = applying.membership

    assert not applying.apply(entry(2, 1, b"x"))
    assert not applying.apply(entry(3, 1, b"x", EntryKind.CHANGE))
    assert applying.membership == before


def test_a_decided_change_that_is_not_applied_keeps_a_voter_from_standing() -> None:
    change = entry(2, 1, encode_change(Change(ChangeKind.ADD_LEARNER, FOUR)), EntryKind.CHANGE)
    loaded = Member(RaftConfig(ONE), stored(1, 0, 2, snapshot(1, 1, 1, 2), change), FixedChance(0), 0)

    assert not loaded.may_stand
    loaded.log.apply_to(2)
    assert loaded.may_stand


def test_another_ones_knowledge_of_a_commit_counts_where_the_entry_is_the_same() -> None:
    learning = Member(RaftConfig(ONE), stored(2, 0, 1, snapshot(1, 1, 1), entry(2, 1), entry(3, 2)), FixedChance(0), 0)

    learning.learn_commit(2, 2)
    learning.learn_commit(9, 2)
    assert learning.log.commit == 1

    learning.learn_commit(3, 2)
    learning.learn_commit(2, 1)
    assert learning.log.commit == 3


def test_what_is_sent_and_rejected_is_kept() -> None:
    talking = member()

    talking.send(TWO, TimeoutNow(1))
    talking.reject("stale")

    assert talking.outbox == [(TWO, TimeoutNow(1))]
    assert talking.rejected == {"stale": 1}
