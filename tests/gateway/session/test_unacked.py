"""Backlogs of unacknowledged events."""

from uuid import UUID

from apps.gateway.session.unacked import Unacked

ROOM, OTHER = UUID(int=1), UUID(int=2)


def filled(*seqs: int) -> Unacked:
    unacked = Unacked()
    for seq in seqs:
        unacked.add(ROOM, seq, f"frame {seq}", now_ms=1_000)
    return unacked


def waiting(unacked: Unacked) -> dict[UUID, list[int]]:
    return {room: [seq for seq, _ in backlog.events] for room, backlog in unacked.due(10**9)}


def test_counts_over_all_conversations() -> None:
    unacked = filled(1, 2)
    unacked.add(OTHER, 1, "frame", 0)

    assert len(unacked) == 3


def test_an_acknowledgement_is_cumulative() -> None:
    unacked = filled(1, 2, 3)

    unacked.acknowledge(ROOM, 2, now_ms=2_000)

    assert waiting(unacked) == {ROOM: [3]}
    assert len(unacked) == 1


def test_a_conversation_without_events_is_forgotten() -> None:
    unacked = filled(1, 2)

    unacked.acknowledge(ROOM, 2, now_ms=2_000)

    assert waiting(unacked) == {}
    assert len(unacked) == 0


def test_acknowledging_what_is_unknown_changes_nothing() -> None:
    unacked = filled(5)

    unacked.acknowledge(OTHER, 9, now_ms=2_000)
    unacked.acknowledge(ROOM, 4, now_ms=2_000)

    assert waiting(unacked) == {ROOM: [5]}
    assert [backlog.sent_ms for _, backlog in unacked.due(1_000)] == [1_000]


def test_events_pushed_out_of_order_are_acknowledged_all_the_same() -> None:
    unacked = filled(5, 4)

    unacked.acknowledge(ROOM, 5, now_ms=2_000)

    assert len(unacked) == 0


def test_progress_starts_the_timer_anew() -> None:
    unacked = filled(1, 2)
    [(_, backlog)] = unacked.due(1_000)
    backlog.resends = 2

    unacked.acknowledge(ROOM, 1, now_ms=5_000)

    assert (backlog.sent_ms, backlog.resends) == (5_000, 0)
    assert list(unacked.due(4_999)) == []


def test_dropping_tells_the_highest_seq() -> None:
    unacked = filled(4, 6, 5)

    assert (unacked.drop(ROOM), unacked.drop(OTHER)) == (6, 0)
    assert len(unacked) == 0


def test_the_longest_backlog_is_found() -> None:
    unacked = filled(1)
    unacked.add(OTHER, 1, "frame", 0)
    unacked.add(OTHER, 2, "frame", 0)

    assert unacked.longest() == OTHER
