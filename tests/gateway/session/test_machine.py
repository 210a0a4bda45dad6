"""The session machine: every state, every bound, without a socket, a clock or a database."""

from typing import Any

import pytest

from apps.gateway.session import Limits
from apps.wire.errors import CloseCode, ErrorCode
from apps.wire.frames import (
    ErrorFrame,
    Heartbeat,
    ListConversations,
    Read,
    Received,
    Sync,
)
from tests.gateway.session.conversing import fresh, hand, welcome, welcomed
from tests.gateway.session.frames import (
    BOB,
    HOUR_MS,
    LAPTOP,
    ROOM,
    START,
    identity,
    message,
    outcome,
    sign_in,
    text_of,
)


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
