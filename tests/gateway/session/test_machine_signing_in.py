"""The session machine before and at the welcome."""

from typing import Any

import pytest

from apps.gateway.session import Limits
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
from tests.gateway.session.conversing import changed, fresh, hand, welcome
from tests.gateway.session.frames import (
    ALICE,
    HOUR_MS,
    PHONE,
    ROOM,
    START,
    TENANT,
    message,
    outcome,
    sign_in,
)


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
