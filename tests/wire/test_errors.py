"""Codes are a promise: these are all there are, and what they ask of a client never changes."""

from apps.wire.errors import RECONNECT, RETRYABLE, CloseCode, ErrorCode


def test_codes_are_what_clients_were_told() -> None:
    assert {code.value for code in ErrorCode} == {
        "bad_frame",
        "unknown_op",
        "frame_too_large",
        "sign_in_required",
        "already_signed_in",
        "token_invalid",
        "terminal_refused",
        "invalid_message_id",
        "message_id_mismatch",
        "message_id_conflict",
        "invalid_body",
        "conversation_not_found",
        "rate_limited",
        "busy",
        "unavailable",
        "internal",
    }


def test_only_passing_troubles_are_tried_again() -> None:
    assert {"rate_limited", "busy", "unavailable", "internal"} == RETRYABLE


def test_close_codes_are_in_the_private_range_or_standard() -> None:
    assert all(code in {1000, 1001, 1009, 1012} or 4000 <= code <= 4999 for code in CloseCode)


def test_a_client_comes_back_by_itself_unless_a_person_must_act() -> None:
    assert {CloseCode.RESTART, CloseCode.IDLE, CloseCode.SLOW_READER, CloseCode.FLOOD} <= RECONNECT
    assert not {CloseCode.SIGN_IN, CloseCode.REVOKED, CloseCode.PROTOCOL, CloseCode.NORMAL} & RECONNECT
