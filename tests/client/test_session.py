"""The session turns frames and time into effects."""

from typing import Any

import pytest

from apps.client.errors import RequestRefused, SendRefused
from apps.client.inbox import Inbox
from apps.client.outbox import Outbox, Outgoing
from apps.client.session import (
    RENEWAL_REF,
    RENEWAL_RETRY_S,
    Answered,
    Broken,
    Renew,
    Session,
    Settled,
    Transmit,
)
from apps.wire.frames import (
    Changed,
    Closing,
    Conversations,
    CursorFrame,
    ErrorFrame,
    EventView,
    Heartbeat,
    HeartbeatFrame,
    ListConversations,
    Read,
    Send,
    Sync,
)
from tests.client.builders import BODY, HALL, OTHER, ROOM, USER, ack, listed, page, push, state, welcome


def make(*, from_start: bool = True) -> Session:
    inbox = Inbox(limit=100, repair_delay_s=0, received_interval_s=0, from_start=from_start)
    outbox = Outbox(limit=10, in_flight_limit=5, ack_timeout_s=15)
    return Session(inbox=inbox, outbox=outbox, answer_timeout_s=15, jitter=lambda: 0.0)


def signed_in(now: float = 0.0) -> Session:
    """A session whose first conversation list, an empty one, has been seen."""
    session = make()
    session.begin(welcome(), now)
    session.tick(now)
    session.handle(Conversations([], ref="listing"), now)
    return session


def sent(session: Session, now: float = 0.0) -> list[Any]:
    return [effect.frame for effect in session.tick(now) if isinstance(effect, Transmit)]


def queue(session: Session, message_id: str = "m1") -> Outgoing:
    message = Outgoing(message_id, ROOM, "text", BODY)
    session.outbox.add(message)
    return message


def test_the_first_connection_lists_all_conversations_before_it_can_resume() -> None:
    session = make()
    session.begin(welcome(), 0)
    first = sent(session)
    session.handle(Conversations([listed(0)], next="c", ref="listing"), 0)
    halfway = session.since_ms

    second = sent(session)
    session.handle(Conversations([listed(0, HALL)], ref="listing"), 0)

    assert [each.cursor for each in (*first, *second) if isinstance(each, ListConversations)] == ["", "c"]
    assert (halfway, session.since_ms) == (None, 1_000_000)


def test_a_resume_fetches_what_changed() -> None:
    session = signed_in()
    session.interrupt(1)

    session.begin(welcome(changed=[state(2)], time=2_000_000), 2)

    assert [(each.conversation, each.after) for each in sent(session, 2)] == [(ROOM, 0)]
    assert session.since_ms == 2_000_000


def test_a_resume_that_must_start_over_lists_again_and_keeps_its_time_until_done() -> None:
    session = signed_in()
    session.interrupt(1)

    session.begin(welcome(start_over=True, time=2_000_000), 2)
    session.handle(HeartbeatFrame(2_500_000), 2)

    assert isinstance(sent(session, 2)[0], ListConversations)
    assert session.since_ms == 1_000_000


def test_a_heartbeat_moves_the_time_to_resume_from() -> None:
    session = signed_in()

    session.handle(HeartbeatFrame(3_000_000), 1)

    assert session.since_ms == 3_000_000


def test_an_ack_settles_the_message_and_puts_it_into_the_log() -> None:
    session = signed_in()
    message = queue(session)
    assert [each.id for each in sent(session) if isinstance(each, Send)] == ["m1"]

    effects = session.handle(ack("m1", 1), 1)

    assert effects == [Settled(message, ack("m1", 1))]
    assert session.inbox.pop(1) == EventView(ROOM, 1, "m1", "text", USER, 2_001, BODY)


def test_an_ack_nobody_waits_for_is_ignored() -> None:
    assert signed_in().handle(ack("other", 1), 1) == []


def test_a_permanent_refusal_settles_the_message() -> None:
    session = signed_in()
    queue(session)
    sent(session)

    (effect,) = session.handle(ErrorFrame("invalid_body", "too odd", id="m1"), 1)

    assert isinstance(effect, Settled)
    assert isinstance(effect.outcome, SendRefused)
    assert (effect.outcome.code, effect.outcome.message_id) == ("invalid_body", "m1")


@pytest.mark.parametrize("error", [ErrorFrame("busy", "", id="m1"), ErrorFrame("novel", "", retry=True, id="m1")])
def test_a_passing_refusal_sends_the_same_message_again_later(error: ErrorFrame) -> None:
    session = signed_in()
    queue(session)
    sent(session)

    effects = session.handle(error, 1)

    assert effects == []
    assert sent(session, 1) == []
    assert [each.id for each in sent(session, 2)] == ["m1"]


def test_a_lost_connection_sends_unacked_messages_again() -> None:
    session = signed_in()
    queue(session)
    sent(session)

    session.interrupt(1)
    session.begin(welcome(), 2)

    assert [each.id for each in sent(session, 2) if isinstance(each, Send)] == ["m1"]


def test_a_missing_ack_breaks_the_connection() -> None:
    session = signed_in()
    queue(session)
    sent(session)

    assert [type(effect) for effect in session.tick(15)] == [Broken]


def test_a_missing_answer_breaks_the_connection() -> None:
    session = signed_in()
    session.ask(Sync(ROOM, 0, 10, "ask-1"), 0)
    sent(session)

    assert [type(effect) for effect in session.tick(15)] == [Broken]


def test_silence_breaks_the_connection_and_heartbeats_go_out_before() -> None:
    session = signed_in()

    beats = sent(session, 24)
    quiet = sent(session, 30)
    session.handle(HeartbeatFrame(1), 40)

    assert (beats, quiet) == ([Heartbeat()], [])
    assert not any(isinstance(effect, Broken) for effect in session.tick(99))
    assert any(isinstance(effect, Broken) for effect in session.tick(100))


def test_it_wakes_for_the_next_heartbeat() -> None:
    assert signed_in(now=10).wake_at() == 34


def test_pushes_holes_and_notices_reach_the_inbox() -> None:
    session = signed_in()
    cursor = CursorFrame(ROOM, OTHER, 1, 1)

    session.handle(push(1), 1)
    session.handle(cursor, 1)
    session.handle(Changed(ROOM, 3), 1)

    assert [session.inbox.pop(1), session.inbox.pop(1)] == [push_view(1), cursor]
    question = next(each for each in sent(session, 1) if isinstance(each, Sync))
    session.handle(page(2, 3, ref=question.ref), 2)
    assert [session.inbox.pop(2), session.inbox.pop(2)] == [push_view(2), push_view(3)]


def push_view(seq: int) -> EventView:
    frame = push(seq)
    return EventView(frame.conversation, frame.seq, frame.id, frame.kind, frame.sender, frame.time, frame.body)


def test_answers_go_to_who_asked() -> None:
    session = signed_in()
    session.ask(Sync(ROOM, 0, 10, "ask-1"), 0)
    answer = page(1, 2, ref="ask-1")

    effects = session.handle(answer, 1)

    assert effects == [Answered("ask-1", answer)]
    assert session.handle(answer, 1) == []
    assert session.inbox.pop(1) is None


def test_a_refused_question_goes_to_who_asked() -> None:
    session = signed_in()
    session.ask(Sync(ROOM, 0, 10, "ask-1"), 0)

    (effect,) = session.handle(ErrorFrame("conversation_not_found", "which?", ref="ask-1"), 1)

    assert isinstance(effect, Answered)
    assert isinstance(effect.answer, RequestRefused)
    assert not effect.answer.retry


def test_a_conversation_we_are_no_longer_in_is_given_up() -> None:
    session = signed_in()
    session.handle(Changed(ROOM, 3), 1)
    (question,) = sent(session, 1)

    session.handle(ErrorFrame("conversation_not_found", "", ref=question.ref), 1)

    assert sent(session, 9) == []


def test_a_refused_list_needs_a_new_connection() -> None:
    session = make()
    session.begin(welcome(), 0)
    sent(session)

    (effect,) = session.handle(ErrorFrame("unavailable", "", retry_after_ms=3000, ref="listing"), 1)

    assert isinstance(effect, Broken)
    assert session.retry_after_s == 3


def test_an_error_that_names_nothing_is_ignored() -> None:
    assert signed_in().handle(ErrorFrame("rate_limited", ""), 1) == []


def test_a_closing_server_says_when_to_come_back() -> None:
    session = signed_in()

    session.handle(Closing("restart", 2500), 1)

    assert session.retry_after_s == 2.5


def test_the_token_is_renewed_before_it_expires() -> None:
    session = signed_in()

    def renews(now: float) -> bool:
        session.handle(HeartbeatFrame(1_000_000), now)
        return any(isinstance(effect, Renew) for effect in session.tick(now))

    assert [renews(now) for now in (3479, 3480, 3481)] == [False, True, False]
    session.renewal_failed(3481)
    assert renews(3481 + RENEWAL_RETRY_S)
    session.handle(welcome(ref=RENEWAL_REF, time=5_000_000, expires=8_600_000), 3500)
    assert [renews(now) for now in (6979, 6980)] == [False, True]


def test_a_refused_renewal_ends_the_connection() -> None:
    (effect,) = signed_in().handle(ErrorFrame("token_invalid", "no", ref=RENEWAL_REF), 1)

    assert effect == Broken(4401, "no")


def test_how_far_was_read_is_said_once_per_connection_and_never_goes_back() -> None:
    session = signed_in()
    session.mark_read(ROOM, 5)
    first = sent(session)
    session.mark_read(ROOM, 3)
    session.interrupt(1)
    session.begin(welcome(), 2)

    again = [each for each in sent(session, 2) if isinstance(each, Read)]

    assert (first, again) == ([Read(ROOM, 5)], [Read(ROOM, 5)])
    assert sent(session, 3) == []
