import pytest

from apps.cluster.core.raft import Append, AppendReply, Entry, Heartbeat, HeartbeatReply, InstallSnapshot, RaftConfig
from apps.cluster.core.raft.follower import Follower, is_well_formed
from apps.cluster.core.raft.member import Member
from tests.cluster.core.raft.build import ONE, TWO, entries, entry, snapshot, stored
from tests.cluster.core.raft.network import FixedChance


def following(*terms: int, commit: int = 1) -> tuple[Member, Follower]:
    """Return a member of term 5 with a log behind 1:1."""
    disk = stored(5, 0, commit, snapshot(1, 1, 1, 2), *entries(2, *terms))
    member = Member(RaftConfig(ONE), disk, FixedChance(0), 0)
    return member, Follower(member)


def test_entries_are_taken_where_the_logs_agree_before_them() -> None:
    member, follower = following(1, 2)

    follower.append(TWO, Append(5, 3, 2, entries(4, 5, 5), 4), 70)

    assert member.outbox == [(TWO, AppendReply(5, 5, False, 0, 0))]
    assert (member.log.last_index, member.log.commit, member.entry_ms) == (5, 4, 70)


def test_nothing_is_committed_beyond_what_was_compared() -> None:
    member, follower = following(1, 2, 3, 3)

    follower.append(TWO, Append(5, 2, 1, entries(3, 2), 9), 70)

    assert member.log.commit == 3
    assert member.entry_ms == 0


def test_entries_are_refused_where_the_logs_differ_with_a_place_to_go_back_to() -> None:
    member, follower = following(1, 3, 3)

    follower.append(TWO, Append(5, 4, 2, entries(5, 5), 4), 70)
    follower.append(TWO, Append(5, 9, 4, (), 4), 70)

    assert member.outbox == [(TWO, AppendReply(5, 4, True, 2, 1)), (TWO, AppendReply(5, 9, True, 4, 3))]
    assert (member.log.last_index, member.log.commit) == (4, 1)


def test_an_append_before_the_decided_is_answered_by_what_is_decided() -> None:
    member, follower = following(1, 1, 1, commit=3)

    follower.append(TWO, Append(5, 2, 1, entries(3, 4), 9), 70)

    assert member.outbox == [(TWO, AppendReply(5, 3, False, 0, 0))]
    assert member.log.last_term == 1


@pytest.mark.parametrize(
    "broken",
    [
        entries(5, 5),
        (*entries(4, 5), *entries(6, 5)),
        entries(4, 6),
        entries(4, 5, 4),
        entries(4, 1),
    ],
)
def test_entries_that_make_no_log_are_dropped(broken: tuple[Entry, ...]) -> None:
    member, follower = following(1, 2)
    message = Append(5, 3, 2, broken, 1)

    follower.append(TWO, message, 70)

    assert not is_well_formed(message)
    assert member.rejected == {"malformed": 1}
    assert member.outbox == []
    assert member.log.last_index == 3


def test_a_heartbeat_is_answered_with_its_round_and_what_is_in_force_here() -> None:
    member, follower = following(1, 1)
    member.applied = 2

    follower.heartbeat(TWO, Heartbeat(5, 7, 0, 3, 3), 70)

    assert member.outbox == [(TWO, HeartbeatReply(5, 7, 2))]
    assert member.log.commit == 3


def test_a_heartbeat_commits_nothing_beyond_the_log() -> None:
    member, follower = following(1, 1)

    follower.heartbeat(TWO, Heartbeat(5, 7, 0, 3, 4), 70)

    assert member.log.commit == 1
    assert member.rejected == {"commit_beyond_log": 1}
    assert len(member.outbox) == 1


def test_a_grant_starts_a_lease_at_the_answer_to_its_round() -> None:
    member, follower = following(1, 1)
    follower.heartbeat(TWO, Heartbeat(5, 7, 0, 1, 1), 70)
    follower.heartbeat(TWO, Heartbeat(5, 8, 7, 1, 1), 170)

    grant = member.lease.current(1)

    assert grant is not None
    assert (grant.until_ms, grant.fence) == (570, 1)


def test_a_snapshot_takes_the_place_of_a_log_that_ends_before_it() -> None:
    member, follower = following(1, 1)
    new = snapshot(9, 4, 1, 2, 3)

    follower.install(TWO, InstallSnapshot(5, new), 70)

    assert member.outbox == [(TWO, AppendReply(5, 9, False, 0, 0))]
    assert member.log.installed == new
    assert (member.membership, member.log.commit, member.entry_ms) == (new.membership, 9, 70)


def test_a_snapshot_of_what_the_log_has_keeps_the_log() -> None:
    member, follower = following(1, 1, 2)

    follower.install(TWO, InstallSnapshot(5, snapshot(3, 1, 1)), 70)

    assert member.outbox == [(TWO, AppendReply(5, 3, False, 0, 0))]
    assert (member.log.installed, member.log.last_index, member.log.commit) == (None, 4, 3)


def test_a_snapshot_of_what_contradicts_the_log_replaces_it() -> None:
    member, follower = following(1, 1, 2)

    follower.install(TWO, InstallSnapshot(5, snapshot(3, 2, 1)), 70)

    assert (member.log.last_index, member.log.last_term) == (3, 2)


def test_a_snapshot_that_comes_late_takes_nothing_back() -> None:
    member, follower = following(1, 1, 2, commit=3)

    follower.install(TWO, InstallSnapshot(5, snapshot(3, 1, 1)), 70)
    follower.install(TWO, InstallSnapshot(5, snapshot(2, 1, 1)), 70)

    assert member.outbox == [(TWO, AppendReply(5, 3, False, 0, 0))] * 2
    assert (member.log.installed, member.log.last_index) == (None, 4)


def test_an_entry_knows_its_place() -> None:
    assert is_well_formed(Append(5, 0, 0, (entry(1, 1), entry(2, 5)), 0))
