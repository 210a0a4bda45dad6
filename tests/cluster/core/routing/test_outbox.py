"""Frames are joined to batches as they come, in order and within bounds."""

from apps.cluster.core.routing.outbox import Outbox

NIL = b"\xc0"


def test_frames_of_one_turn_are_one_batch() -> None:
    outbox = Outbox(batch_bytes=100, limit_bytes=100)

    outbox.append(NIL)
    outbox.append(b"\x07")

    assert outbox.take() == b"\xdd\x00\x00\x00\x02\xc0\x07"
    assert outbox.take() is None


def test_a_batch_is_closed_when_the_next_frame_would_make_it_too_long() -> None:
    outbox = Outbox(batch_bytes=8, limit_bytes=100)

    for _ in range(5):
        outbox.append(NIL)

    batches = [outbox.take(), outbox.take(), outbox.take()]
    assert [batch and batch[4] for batch in batches] == [3, 2, None]


def test_a_frame_longer_than_a_batch_goes_alone() -> None:
    outbox = Outbox(batch_bytes=8, limit_bytes=100)

    outbox.append(NIL * 20)
    outbox.append(NIL)

    assert [len(outbox.take() or b"") for _ in range(2)] == [25, 6]


def test_there_is_room_up_to_the_limit_and_always_for_one() -> None:
    outbox = Outbox(batch_bytes=100, limit_bytes=10)

    assert outbox.has_room(11)
    outbox.append(NIL * 6)

    assert outbox.has_room(4)
    assert not outbox.has_room(5)
    assert outbox


def test_what_was_taken_makes_room_again() -> None:
    outbox = Outbox(batch_bytes=100, limit_bytes=10)
    outbox.append(NIL * 10)

    outbox.take()

    assert not outbox
    assert outbox.waiting_bytes == 0
