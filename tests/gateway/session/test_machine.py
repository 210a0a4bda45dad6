"""The session machine: every state, every bound, without a socket, a clock or a database."""

from typing import Any

import pytest

from apps.gateway.session import Limits, Session
from apps.wire.errors import CloseCode, ErrorCode
from apps.wire.frames import (
    ConversationState,
    ErrorFrame,
    Heartbeat,
    ListConversations,
    Read,
    Received,
    Sync,
)
from tests.gateway.session.frames import (
    ALICE,
    BOB,
    HOUR_MS,
    LAPTOP,
    OTHER_ROOM,
    PHONE,
    ROOM,
    START,
    TENANT,
    identity,
    message,
    outcome,
    sign_in,
    text_of,
)

QUIET = Limits(rate_per_s=1e6, burst=10**6)
"""For tests of anything but the rate."""


def fresh(limits: Limits = QUIET) -> Session:
    return Session("node.1", now_ms=START, limits=limits)


def welcomed(limits: Limits = QUIET, *, expires_ms: int = START + HOUR_MS) -> Session:
    session = fresh(limits)
    session.handle_frame(text_of(sign_in()), START)
    welcome(session, expires_ms=expires_ms)
    return session


def welcome(session: Session, *, now_ms: int = START, expires_ms: int = START + HOUR_MS, **fields: Any) -> list[Any]:
    arguments: dict[str, Any] = {"ref": "", "changes": [], "start_over": False, "now_ms": now_ms} | fields
    return outcome(session.signed_in(identity(expires_ms=expires_ms), **arguments))


def hand(session: Session, frame: Any, now_ms: int = START) -> list[Any]:
    return outcome(session.handle_frame(frame if isinstance(frame, str | bytes) else text_of(frame), now_ms))


def changed(conversation: Any, max_seq: int) -> dict[str, Any]:
    return {"op": "changed", "conversation": str(conversation), "max_seq": max_seq}


class TestSigningIn:
    def test_the_first_frame_asks_to_find_out_who_it_is(self) -> None:
        assert hand(fresh(), sign_in()) == [sign_in()]

    def test_the_welcome_says_who_where_and_until_when(self) -> None:
        session = fresh()
        hand(session, sign_in(ref="r1"))
        state = ConversationState(ROOM, max_seq=9, first_seq=1, delivered_seq=4, read_seq=3, unread=5)

        [frame] = welcome(session, ref="r1", changes=[state])

        assert frame == {
            "op": "welcome",
            "session": "node.1",
            "tenant": str(TENANT),
            "user": str(ALICE),
            "terminal": str(PHONE),
            "time": START,
            "expires": START + HOUR_MS,
            "heartbeat_ms": 30_000,
            "changed": [
                {
                    "conversation": str(ROOM),
                    "max_seq": 9,
                    "first_seq": 1,
                    "delivered_seq": 4,
                    "read_seq": 3,
                    "unread": 5,
                }
            ],
            "ref": "r1",
        }

    def test_start_over_is_passed_on(self) -> None:
        session = fresh()
        hand(session, sign_in())

        assert welcome(session, start_over=True)[0]["start_over"] is True

    @pytest.mark.parametrize(
        "frame", [Heartbeat(), message(), Received(ROOM, 1), Read(ROOM, 1), Sync(ROOM, 0), ListConversations()]
    )
    def test_nothing_else_is_done_before(self, frame: Any) -> None:
        session = fresh()

        [refusal] = hand(session, frame)

        assert (refusal["op"], refusal["code"]) == ("error", ErrorCode.SIGN_IN_REQUIRED)

    def test_a_second_sign_in_meanwhile_is_told_to_wait(self) -> None:
        session = fresh()
        hand(session, sign_in())

        [refusal] = hand(session, sign_in(ref="again"))

        assert (refusal["code"], refusal["retry"], refusal["ref"]) == (ErrorCode.BUSY, True, "again")

    @pytest.mark.parametrize(
        ("code", "close"),
        [
            (ErrorCode.TOKEN_INVALID, CloseCode.SIGN_IN),
            (ErrorCode.TERMINAL_REFUSED, CloseCode.REVOKED),
        ],
    )
    def test_a_refusal_closes_the_socket(self, code: ErrorCode, close: CloseCode) -> None:
        session = fresh()
        hand(session, sign_in())

        refusal, closing, closed = outcome(session.sign_in_failed(ErrorFrame(code=code, message="no")))

        assert refusal["code"] == code
        assert closing["op"] == "closing"
        assert closed == (close, code)

    def test_a_database_that_is_away_leaves_the_socket_open_for_another_try(self) -> None:
        session = fresh()
        hand(session, sign_in())

        [refusal] = outcome(session.sign_in_failed(ErrorFrame(code="unavailable", message="wait", retry=True)))

        assert refusal["code"] == "unavailable"
        assert hand(session, sign_in()) == [sign_in()]

    def test_too_late_is_closed(self) -> None:
        session = fresh()

        before = outcome(session.tick(START + 9_999))
        closing, closed = outcome(session.tick(START + 10_000))

        assert before == []
        assert closing == {"op": "closing", "reason": "sign_in_timeout"}
        assert closed == (4401, "sign_in_timeout")

    def test_a_slow_check_is_not_the_clients_fault(self) -> None:
        session = fresh()
        hand(session, sign_in(), START + 9_000)

        assert outcome(session.tick(START + 10_000)) == []
        assert outcome(session.tick(START + 30_000)) == []

    def test_pushes_meanwhile_follow_the_welcome_in_order(self) -> None:
        session = fresh()
        hand(session, sign_in())

        early = [outcome(session.push(ROOM, seq, f'{{"n":{seq}}}', START)) for seq in (1, 2)]
        frames = welcome(session)

        assert early == [[], []]
        assert frames[1:] == [{"n": 1}, {"n": 2}]

    def test_more_pushes_than_are_held_become_changed(self) -> None:
        session = fresh(Limits(held=1))
        hand(session, sign_in())
        for seq in (1, 2, 3):
            session.push(ROOM, seq, f'{{"n":{seq}}}', START)

        frames = welcome(session)

        assert frames[1:] == [{"n": 1}, changed(ROOM, 3)]

    def test_pushes_held_for_an_attempt_that_failed_are_not_for_the_next(self) -> None:
        session = fresh(Limits(held=1))
        hand(session, sign_in())
        for seq in (1, 2):
            session.push(ROOM, seq, f'{{"n":{seq}}}', START)
        session.sign_in_failed(ErrorFrame(code="unavailable", message="wait", retry=True))
        hand(session, sign_in())

        frames = welcome(session)

        assert [frame["op"] for frame in frames] == ["welcome"]

    def test_marks_of_others_meanwhile_are_left_out(self) -> None:
        session = fresh()
        hand(session, sign_in())

        assert outcome(session.push(ROOM, 0, '{"op":"cursor"}', START)) == []
        assert len(welcome(session)) == 1


class TestRenewing:
    def test_a_fresh_token_of_the_same_user_and_terminal_extends_the_session(self) -> None:
        session = welcomed(expires_ms=START + 70_000)

        asked = hand(session, sign_in(ref="renew"), START + 60_000)
        [frame] = welcome(session, now_ms=START + 60_000, expires_ms=START + 2 * HOUR_MS, ref="renew")

        assert asked == [sign_in(ref="renew")]
        assert (frame["op"], frame["expires"]) == ("welcome", START + 2 * HOUR_MS)
        assert outcome(session.tick(START + 71_000)) == []

    def test_another_terminal_is_refused(self) -> None:
        [refusal] = hand(welcomed(), sign_in(terminal=LAPTOP, ref="other"))

        assert (refusal["code"], refusal["ref"]) == (ErrorCode.ALREADY_SIGNED_IN, "other")

    def test_another_user_is_refused_and_changes_nothing(self) -> None:
        session = welcomed()
        hand(session, sign_in())

        effects = session.signed_in(identity(user=BOB), ref="", changes=[], start_over=False, now_ms=START)

        assert outcome(effects)[0]["code"] == ErrorCode.ALREADY_SIGNED_IN
        assert session.identity == identity()

    def test_a_bad_token_leaves_the_session_as_it_was(self) -> None:
        session = welcomed()
        hand(session, sign_in())

        [refusal] = outcome(session.sign_in_failed(ErrorFrame(code=ErrorCode.TOKEN_INVALID, message="no")))

        assert refusal["code"] == ErrorCode.TOKEN_INVALID
        assert hand(session, Heartbeat()) == [{"op": "heartbeat", "time": START}]

    def test_a_revoked_terminal_ends_the_session(self) -> None:
        session = welcomed()
        hand(session, sign_in())

        *_, closed = outcome(session.sign_in_failed(ErrorFrame(code=ErrorCode.TERMINAL_REFUSED, message="no")))

        assert closed == (4403, "terminal_refused")

    def test_a_terminal_whose_place_another_one_took_is_told_which(self) -> None:
        session = welcomed()
        hand(session, sign_in())
        refusal = ErrorFrame(code=ErrorCode.SIGNED_IN_ELSEWHERE, message="no", details={"name": "Laptop"})

        _, closing, closed = outcome(session.sign_in_failed(refusal))

        assert closing == {"op": "closing", "reason": "signed_in_elsewhere", "details": {"name": "Laptop"}}
        assert closed == (4409, "signed_in_elsewhere")


class TestRequests:
    def test_a_heartbeat_is_answered_with_the_time(self) -> None:
        assert hand(welcomed(), Heartbeat(), START + 5) == [{"op": "heartbeat", "time": START + 5}]

    @pytest.mark.parametrize(
        "frame", [message(), Sync(ROOM, 5, 10, "r"), ListConversations(ref="r"), Received(ROOM, 3), Read(ROOM, 3)]
    )
    def test_what_the_client_asks_is_called(self, frame: Any) -> None:
        assert hand(welcomed(), frame) == [frame]

    def test_bytes_of_the_same_text_are_taken_too(self) -> None:
        assert hand(welcomed(), text_of(Heartbeat()).encode()) == [{"op": "heartbeat", "time": START}]

    def test_an_answer_is_sent_and_makes_room(self) -> None:
        session = welcomed(Limits(in_flight=1))
        hand(session, message(1))

        [refusal] = hand(session, message(2))
        answered = outcome(session.completed('{"op":"ack"}'))
        accepted = hand(session, message(2))

        assert (refusal["code"], refusal["id"], refusal["retry"]) == (ErrorCode.BUSY, message(2).id, True)
        assert refusal["retry_after_ms"] == 500
        assert answered == [{"op": "ack"}]
        assert accepted == [message(2)]

    def test_notes_need_no_room(self) -> None:
        session = welcomed(Limits(in_flight=1))
        hand(session, message(1))

        assert hand(session, Received(ROOM, 3)) == [Received(ROOM, 3)]


class TestWrongFrames:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            ("{", ErrorCode.BAD_FRAME),
            ("[]", ErrorCode.BAD_FRAME),
            ('{"op":"dance","ref":"r"}', ErrorCode.UNKNOWN_OP),
            ('{"op":"sync","ref":"r"}', ErrorCode.BAD_FRAME),
            ('{"op":"heartbeat","extra":1}', ErrorCode.BAD_FRAME),
            (b"\xff\xfe", ErrorCode.BAD_FRAME),
            ('{"op":"heartbeat"}' + " " * 65536, ErrorCode.FRAME_TOO_LARGE),
        ],
    )
    def test_are_refused_and_survived(self, data: str | bytes, code: ErrorCode) -> None:
        session = welcomed()

        [refusal] = hand(session, data)

        assert (refusal["op"], refusal["code"]) == ("error", code)
        assert hand(session, Heartbeat()) == [{"op": "heartbeat", "time": START}]

    def test_the_refusal_carries_the_senders_mark(self) -> None:
        [refusal] = hand(welcomed(), '{"op":"sync","ref":"r7"}')

        assert refusal["ref"] == "r7"

    def test_the_tenth_closes(self) -> None:
        session = welcomed()

        first = [hand(session, "{") for _ in range(9)]
        refusal, closing, closed = hand(session, "{")

        assert [len(frames) for frames in first] == [1] * 9
        assert refusal["code"] == ErrorCode.BAD_FRAME
        assert closing["reason"] == "protocol"
        assert closed == (4400, "protocol")

    def test_a_minute_forgives_one(self) -> None:
        session = welcomed()
        for _ in range(9):
            hand(session, "{")

        assert len(hand(session, "{", START + 61_000)) == 1


class TestRate:
    def test_beyond_the_burst_frames_are_refused_with_a_pause(self) -> None:
        session = welcomed(Limits(rate_per_s=50, burst=3))
        accepted = [hand(session, message(n)) for n in range(2)]

        [refusal] = hand(session, message(9))

        assert accepted == [[message(0)], [message(1)]]
        assert (refusal["code"], refusal["id"], refusal["retry"]) == (ErrorCode.RATE_LIMITED, message(9).id, True)
        assert 0 < refusal["retry_after_ms"] <= 21

    def test_after_the_pause_the_same_frame_is_taken(self) -> None:
        session = welcomed(Limits(rate_per_s=50, burst=2))
        hand(session, message(1))
        [refusal] = hand(session, message(2))

        assert hand(session, message(2), START + refusal["retry_after_ms"]) == [message(2)]

    def test_acknowledgements_and_heartbeats_cost_a_tenth(self) -> None:
        session = welcomed(Limits(rate_per_s=1, burst=2))

        answers = [hand(session, Received(ROOM, n)) for n in range(1, 10)]

        assert answers == [[Received(ROOM, n)] for n in range(1, 10)]

    def test_a_client_that_goes_on_is_closed(self) -> None:
        session = welcomed(Limits(rate_per_s=1, burst=1, refusals_burst=2))

        first, second = hand(session, message(1)), hand(session, message(2))
        refusal, closing, closed = hand(session, message(3))

        assert [frames[0]["code"] for frames in (first, second)] == [ErrorCode.RATE_LIMITED] * 2
        assert refusal["code"] == ErrorCode.RATE_LIMITED
        assert closing == {"op": "closing", "reason": "flood", "retry_after_ms": 10_000}
        assert closed == (4429, "flood")


class TestPushing:
    def test_an_event_is_sent_at_once(self) -> None:
        assert outcome(welcomed().push(ROOM, 1, '{"n":1}', START)) == [{"n": 1}]

    def test_a_frame_without_seq_is_sent_once_and_forgotten(self) -> None:
        session = welcomed()

        assert outcome(session.push(None, 0, '{"op":"cursor"}', START)) == [{"op": "cursor"}]
        assert outcome(session.tick(START + 20_000)) == []

    def test_unacknowledged_events_are_sent_again_three_times_then_changed(self) -> None:
        session = welcomed()
        session.push(ROOM, 1, '{"n":1}', START)
        session.push(ROOM, 2, '{"n":2}', START)

        rounds = [outcome(session.tick(START + at)) for at in (9_000, 10_000, 11_000, 20_000, 30_000, 40_000, 50_000)]

        again = [{"n": 1}, {"n": 2}]
        assert rounds == [[], again, [], again, again, [changed(ROOM, 2)], []]

    def test_an_acknowledgement_covers_everything_up_to_it(self) -> None:
        session = welcomed()
        for seq in (1, 2, 3):
            session.push(ROOM, seq, f'{{"n":{seq}}}', START)

        hand(session, Received(ROOM, 2), START + 5_000)

        assert outcome(session.tick(START + 14_000)) == []
        assert outcome(session.tick(START + 15_000)) == [{"n": 3}]

    def test_at_the_bound_the_longest_conversation_gets_changed(self) -> None:
        session = welcomed(Limits(unacked=3))
        for seq in (1, 2, 3):
            session.push(ROOM, seq, f'{{"n":{seq}}}', START)

        effects = outcome(session.push(OTHER_ROOM, 1, '{"o":1}', START))

        assert effects == [{"o": 1}, changed(ROOM, 3)]
        assert outcome(session.tick(START + 10_000)) == [{"o": 1}]

    def test_nothing_is_sent_again_while_the_peer_reads_too_slowly(self) -> None:
        session = welcomed()
        session.push(ROOM, 1, '{"n":1}', START)

        assert outcome(session.tick(START + 10_000, congested=True)) == []
        assert outcome(session.tick(START + 11_000)) == [{"n": 1}]

    def test_a_slow_reader_is_told_what_to_sync_once_it_has_caught_up(self) -> None:
        session = welcomed()
        session.push(ROOM, 1, '{"n":1}', START)

        silent = [outcome(session.push(ROOM, seq, "{}", START, congested=True)) for seq in (2, 3)]
        silent.append(outcome(session.push(OTHER_ROOM, 7, "{}", START, congested=True)))
        silent.append(outcome(session.push(None, 0, "{}", START, congested=True)))

        assert silent == [[], [], [], []]
        assert outcome(session.drained()) == [changed(ROOM, 3), changed(OTHER_ROOM, 7)]
        assert outcome(session.drained()) == []
        assert outcome(session.tick(START + 10_000)) == []


class TestTime:
    def test_silence_of_two_and_a_half_heartbeats_closes(self) -> None:
        session = welcomed()
        hand(session, Heartbeat(), START + 20_000)

        assert outcome(session.tick(START + 94_999)) == []
        closing, closed = outcome(session.tick(START + 95_000))

        assert closing["reason"] == "idle"
        assert closed == (4408, "idle")

    def test_a_token_that_ends_is_announced_a_minute_before(self) -> None:
        session = welcomed(Limits(idle_ms=10 * HOUR_MS), expires_ms=START + 100_000)

        rounds = [outcome(session.tick(START + at)) for at in (39_999, 40_000, 41_000, 99_999)]

        assert rounds == [[], [{"op": "closing", "reason": "token_expires"}], [], []]

    def test_a_token_that_ended_closes(self) -> None:
        session = welcomed(Limits(idle_ms=10 * HOUR_MS), expires_ms=START + 100_000)

        closing, closed = outcome(session.tick(START + 100_000))

        assert closing["reason"] == "token_invalid"
        assert closed == (4401, "token_invalid")


class TestClosing:
    def test_says_why_and_when_to_come_back(self) -> None:
        closing, closed = outcome(welcomed().close(CloseCode.RESTART, "restart", retry_after_ms=700))

        assert closing == {"op": "closing", "reason": "restart", "retry_after_ms": 700}
        assert closed == (1012, "restart")

    def test_nothing_follows(self) -> None:
        session = welcomed()
        session.push(ROOM, 1, "{}", START)
        hand(session, message())
        hand(session, sign_in())
        session.close(CloseCode.RESTART, "restart")

        later = [
            *hand(session, Heartbeat()),
            *outcome(session.push(ROOM, 2, "{}", START)),
            *outcome(session.completed("{}")),
            *outcome(session.sign_in_failed(ErrorFrame(code="x", message=""))),
            *welcome(session),
            *outcome(session.drained()),
            *outcome(session.tick(START + HOUR_MS)),
            *outcome(session.close(CloseCode.IDLE, "idle")),
        ]

        assert session.is_closing
        assert later == []


class TestRedirect:
    def test_a_peer_served_better_elsewhere_is_told_where_and_closed(self) -> None:
        session = fresh()
        session.handle_frame(text_of(sign_in()), START)

        closing, closed = outcome(session.redirected("wss://n2.test/ws/v1"))

        assert closing == {"op": "closing", "reason": "redirect", "url": "wss://n2.test/ws/v1"}
        assert closed == (1012, "redirect")

    def test_a_peer_that_is_closed_already_is_told_nothing(self) -> None:
        session = fresh()
        session.close(CloseCode.RESTART, "restart")

        assert outcome(session.redirected("wss://n2.test/ws/v1")) == []


class TestGaps:
    def test_a_conversation_that_went_on_is_named(self) -> None:
        assert outcome(welcomed().went_on(ROOM, 7)) == [changed(ROOM, 7)]

    def test_a_peer_that_reads_too_slowly_hears_of_it_when_it_has_caught_up(self) -> None:
        session = welcomed()

        assert outcome(session.went_on(ROOM, 7, congested=True)) == []

        assert outcome(session.drained()) == [changed(ROOM, 7)]

    def test_before_the_welcome_it_waits_for_the_welcome(self) -> None:
        session = fresh()
        session.handle_frame(text_of(sign_in()), START)

        assert outcome(session.went_on(ROOM, 7)) == []

        assert welcome(session)[1:] == [changed(ROOM, 7)]

    def test_a_session_that_closes_is_told_nothing(self) -> None:
        session = welcomed()
        session.close(CloseCode.RESTART, "restart")

        assert outcome(session.went_on(ROOM, 7)) == []
