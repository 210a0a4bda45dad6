"""Messages leave in order, one per conversation at a time, and stay until answered."""

from uuid import UUID

import pytest

from apps.client.errors import OutboxFull
from apps.client.outbox import RETRY_CAP_S, Outbox, Outgoing
from tests.client.builders import BODY, HALL, ROOM


def make(limit: int = 10, in_flight_limit: int = 5) -> Outbox:
    return Outbox(limit=limit, in_flight_limit=in_flight_limit, ack_timeout_s=15)


def message(message_id: str, conversation: UUID = ROOM) -> Outgoing:
    return Outgoing(message_id, conversation, "text", BODY)


def started(outbox: Outbox, now: float = 0.0) -> list[str]:
    return [each.id for each in outbox.start(now)]


def test_one_message_per_conversation_is_in_flight() -> None:
    outbox = make()
    for each in (message("a1"), message("a2"), message("b1", HALL)):
        outbox.add(each)

    first, again = started(outbox), started(outbox)
    outbox.settle("a1")

    assert (first, again, started(outbox)) == (["a1", "b1"], [], ["a2"])


def test_the_number_in_flight_is_bounded() -> None:
    outbox = make(in_flight_limit=1)
    outbox.add(message("a1"))
    outbox.add(message("b1", HALL))

    first = started(outbox)
    blocked = started(outbox)
    outbox.settle("a1")

    assert (first, blocked, started(outbox)) == (["a1"], [], ["b1"])


def test_a_lost_connection_sends_the_same_again_before_anything_later() -> None:
    outbox = make()
    outbox.add(message("a1"))
    outbox.add(message("a2"))
    started(outbox)

    outbox.interrupt()

    assert started(outbox) == ["a1"]


def test_a_postponed_message_holds_its_conversation_but_no_other() -> None:
    outbox = make()
    for each in (message("a1"), message("a2"), message("b1", HALL), message("b2", HALL)):
        outbox.add(each)
    started(outbox)

    outbox.postpone("a1", 0, at_least_s=3, jitter=0)
    outbox.settle("b1")

    assert started(outbox, 2.9) == ["b2"]
    assert outbox.wake_at() == 3
    assert started(outbox, 3) == ["a1"]


def test_refusals_in_a_row_wait_longer_up_to_a_bound() -> None:
    outbox = make()
    outbox.add(message("a1"))
    pauses = []
    now = 0.0
    for _ in range(12):
        outbox.start(now)
        outbox.postpone("a1", now, at_least_s=0, jitter=1)
        wake_at = outbox.wake_at()
        assert wake_at is not None
        pauses.append(wake_at - now)
        now = wake_at

    assert pauses[0] < pauses[1] < pauses[2]
    assert pauses[-1] == pytest.approx(RETRY_CAP_S)


def test_the_bound_is_an_error_of_the_caller() -> None:
    outbox = make(limit=1)
    outbox.add(message("a1"))

    with pytest.raises(OutboxFull):
        outbox.add(message("a2"))
    assert len(outbox) == 1


def test_an_id_that_waits_cannot_be_queued_again() -> None:
    outbox = make()
    outbox.add(message("a1"))

    with pytest.raises(ValueError, match="waiting for its ack already"):
        outbox.add(message("a1"))


def test_an_answer_for_an_unknown_id_changes_nothing() -> None:
    outbox = make()
    outbox.add(message("a1"))

    settled = outbox.settle("other")
    outbox.postpone("other", 0, at_least_s=1, jitter=0)

    assert settled is None
    assert started(outbox) == ["a1"]


def test_only_what_was_never_sent_can_be_withdrawn() -> None:
    outbox = make()
    outbox.add(message("a1"))
    outbox.add(message("a2"))
    started(outbox)
    outbox.interrupt()

    assert not outbox.withdraw("a1")
    assert outbox.withdraw("a2")
    assert not outbox.withdraw("unknown")
    assert len(outbox) == 1


def test_an_ack_is_overdue_after_the_timeout() -> None:
    outbox = make()
    outbox.add(message("a1"))
    outbox.start(100)

    assert not outbox.is_overdue(114.9)
    assert outbox.wake_at() == 115
    assert outbox.is_overdue(115)


def test_an_empty_outbox_never_wakes() -> None:
    assert make().wake_at() is None
