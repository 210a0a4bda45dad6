import pytest

from apps.cluster.core.raft import EntryKind
from apps.cluster.core.raft.log import RaftLog
from tests.cluster.core.raft.build import entries, entry, snapshot


def log_of(*terms: int, commit: int = 1) -> RaftLog:
    """Return a log that begins after a snapshot at 1."""
    return RaftLog(snapshot(1, 1, 1), entries(2, *terms), commit)


def test_an_empty_log_ends_at_zero() -> None:
    log = RaftLog(None, (), 0)

    assert (log.first_index, log.last_index, log.last_term, log.last_time_ms) == (1, 0, 0, 0)
    assert log.term_at(0) == 0
    assert log.term_at(1) is None


def test_a_stored_log_goes_on_behind_its_snapshot() -> None:
    log = RaftLog(snapshot(3, 2, 1), entries(2, 1, 2, 2, 4), 4)

    assert (log.first_index, log.last_index, log.last_term, log.commit, log.applied) == (4, 5, 4, 4, 3)
    assert [log.term_at(index) for index in (2, 3, 4, 5, 6)] == [None, 2, 2, 4, None]
    assert log.unstable == ()


def test_a_stored_log_with_a_gap_is_refused() -> None:
    with pytest.raises(ValueError, match="gap"):
        RaftLog(snapshot(1, 1, 1), entries(3, 1), 1)


def test_a_disk_that_lost_what_was_decided_is_refused() -> None:
    with pytest.raises(ValueError, match="ends at 2, but 3"):
        log_of(1, commit=3)


def test_all_changes_but_the_last_are_known_to_be_decided() -> None:
    kinds = [EntryKind.CHANGE, EntryKind.NORMAL, EntryKind.CHANGE, EntryKind.CHANGE, EntryKind.NORMAL]
    stored = [entry(index, 1, kind=kind) for index, kind in enumerate(kinds, 2)]

    assert RaftLog(snapshot(1, 1, 1), stored, 1).commit == 4
    assert RaftLog(snapshot(1, 1, 1), stored[:3], 1).commit == 2
    assert RaftLog(snapshot(1, 1, 1), stored[:2], 1).commit == 1


def test_another_log_is_as_far_by_term_first_and_then_by_length() -> None:
    log = log_of(1, 2)

    assert log.is_reached_by(3, 2)
    assert log.is_reached_by(1, 3)
    assert log.is_reached_by(9, 2)
    assert not log.is_reached_by(2, 2)
    assert not log.is_reached_by(9, 1)


def test_entries_are_taken_up_to_a_size_but_one_at_least() -> None:
    log = RaftLog(snapshot(1, 1, 1), [entry(index, 1, b"12345") for index in range(2, 6)], 1)

    assert [e.index for e in log.take(2, 5, 10)] == [2, 3]
    assert [e.index for e in log.take(3, 5, 1)] == [3]
    assert [e.index for e in log.take(2, 5, 99)] == [2, 3, 4, 5]
    assert [e.index for e in log.take(5, 5, 5)] == [5]


def test_what_is_appended_is_not_on_the_disk_until_that_is_said() -> None:
    log = log_of(1)

    log.append(entry(3, 2, b"abc"))

    assert (log.last_index, log.stable, log.size_bytes) == (3, 2, 3)
    assert list(log.unstable) == [entry(3, 2, b"abc")]
    log.stable_to(3)
    assert list(log.unstable) == []


def test_entries_that_are_there_already_change_nothing() -> None:
    log = log_of(1, 1, 2)

    news = log.accept(entries(2, 1, 1))

    assert not news
    assert log.last_index == 4


def test_entries_that_contradict_take_the_place_of_the_rest() -> None:
    log = RaftLog(snapshot(1, 1, 1), [entry(2, 1, b"a"), entry(3, 1, b"bb"), entry(4, 1, b"ccc")], 2)

    news = log.accept((entry(2, 1, b"a"), entry(3, 2, b"x")))

    assert news
    assert (log.last_index, log.last_term, log.stable, log.size_bytes) == (3, 2, 2, 2)


def test_what_is_decided_is_never_taken_back() -> None:
    log = log_of(1, 1, commit=3)

    with pytest.raises(AssertionError, match="decided"):
        log.accept(entries(3, 2))


def test_the_last_place_of_a_term_is_found() -> None:
    log = log_of(1, 1, 3, 3, 5)

    assert log.last_not_above(9, 9) == (6, 5)
    assert log.last_not_above(6, 4) == (5, 3)
    assert log.last_not_above(6, 2) == (3, 1)
    assert log.last_not_above(6, 0) == (1, 1)
    assert log.last_not_above(0, 0) == (0, 0)


def test_commits_only_go_forward_and_not_beyond_the_log() -> None:
    log = log_of(1, 1)

    log.commit_to(3)
    log.commit_to(2)

    assert log.commit == 3
    with pytest.raises(AssertionError, match="end of the log"):
        log.commit_to(4)


def test_the_decided_is_given_out_in_pieces() -> None:
    log = log_of(1, 1, 1, commit=4)

    assert [e.index for e in log.committed(2)] == [2, 3]
    log.apply_to(3)
    assert [e.index for e in log.committed(2)] == [4]
    with pytest.raises(AssertionError):
        log.apply_to(2)


def test_changes_are_found_in_a_stretch() -> None:
    log = RaftLog(snapshot(1, 1, 1), [entry(2, 1), entry(3, 1, kind=EntryKind.CHANGE), entry(4, 1)], 1)

    assert log.has_change(2, 3)
    assert not log.has_change(2, 2)
    assert not log.has_change(4, 4)
    assert not log.has_change(3, 2)


def test_an_installed_snapshot_replaces_everything() -> None:
    log = log_of(1, 1)

    log.install(snapshot(7, 3, 1))

    assert (log.first_index, log.last_index, log.last_term, log.commit, log.applied) == (8, 7, 3, 7, 7)
    assert log.installed == snapshot(7, 3, 1)
    assert log.last_time_ms == 70
    log.install_done()
    assert log.installed is None


def test_an_older_snapshot_is_never_installed() -> None:
    log = log_of(1, 1, commit=3)

    with pytest.raises(AssertionError, match="decided"):
        log.install(snapshot(3, 1, 1))


def test_compaction_keeps_a_short_tail() -> None:
    log = RaftLog(snapshot(1, 1, 1), [entry(index, 1, b"ab") for index in range(2, 8)], 6)
    log.apply_to(6)

    log.compact(snapshot(5, 1, 1), keep=2)

    assert (log.first_index, log.last_index, log.size_bytes) == (4, 7, 4)
    assert log.term_at(3) == 1
    assert log.term_at(2) is None


def test_compaction_takes_nothing_that_was_not_applied_and_no_wrong_term() -> None:
    log = log_of(1, 1, commit=3)
    log.apply_to(2)

    with pytest.raises(AssertionError):
        log.compact(snapshot(3, 1, 1), keep=0)
    with pytest.raises(AssertionError):
        log.compact(snapshot(2, 9, 1), keep=0)
