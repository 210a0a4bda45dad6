"""Codes never change: clients in the field switch on them."""

from apps.messaging import errors as messaging
from apps.wire.errors import RECONNECT, RETRYABLE, CloseCode, ErrorCode


def test_error_codes_are_those_of_version_1() -> None:
    assert {str(code) for code in ErrorCode} == {
        "bad_frame",
        "unknown_op",
        "frame_too_large",
        "sign_in_required",
        "already_signed_in",
        "token_invalid",
        "terminal_refused",
        "signed_in_elsewhere",
        "invalid_message_id",
        "message_id_mismatch",
        "message_id_conflict",
        "invalid_body",
        "invalid_input",
        "conversation_not_found",
        "blocked",
        "rate_limited",
        "busy",
        "unavailable",
        "internal",
    }


def test_close_codes_are_those_of_version_1() -> None:
    assert {code.name: int(code) for code in CloseCode} == {
        "NORMAL": 1000,
        "GOING_AWAY": 1001,
        "TOO_LARGE": 1009,
        "RESTART": 1012,
        "PROTOCOL": 4400,
        "SIGN_IN": 4401,
        "REVOKED": 4403,
        "IDLE": 4408,
        "DISPLACED": 4409,
        "SLOW_READER": 4413,
        "FLOOD": 4429,
    }


def test_clients_come_back_by_themselves_only_where_nobody_has_to_act() -> None:
    assert {1001, 1006, 1012, 4408, 4413, 4429} == RECONNECT
    assert not RECONNECT & {CloseCode.SIGN_IN, CloseCode.REVOKED, CloseCode.DISPLACED, CloseCode.PROTOCOL}


def test_what_the_domain_calls_retryable_is_retryable_on_the_wire() -> None:
    errors = [messaging.Busy, messaging.Unavailable, messaging.InvalidBody, messaging.MessageIdConflict]

    assert [error.retryable for error in errors] == [error.code in RETRYABLE for error in errors]


def test_only_passing_troubles_are_tried_again() -> None:
    assert {"rate_limited", "busy", "unavailable", "internal"} == RETRYABLE


def test_close_codes_are_standard_or_in_the_private_range() -> None:
    assert all(code in {1000, 1001, 1009, 1012} or 4000 <= code <= 4999 for code in CloseCode)
