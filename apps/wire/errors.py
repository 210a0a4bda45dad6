"""Stable error codes of the WebSocket protocol and its close codes. The text for people is each app's business."""

from enum import IntEnum, StrEnum


class ErrorCode(StrEnum):
    """Codes of `error` frames. Clients switch on them; they never change meaning."""

    BAD_FRAME = "bad_frame"
    UNKNOWN_OP = "unknown_op"
    FRAME_TOO_LARGE = "frame_too_large"
    SIGN_IN_REQUIRED = "sign_in_required"
    ALREADY_SIGNED_IN = "already_signed_in"
    TOKEN_INVALID = "token_invalid"  # noqa: S105 - a code, not a secret
    TERMINAL_REFUSED = "terminal_refused"
    SIGNED_IN_ELSEWHERE = "signed_in_elsewhere"
    INVALID_MESSAGE_ID = "invalid_message_id"
    MESSAGE_ID_MISMATCH = "message_id_mismatch"
    MESSAGE_ID_CONFLICT = "message_id_conflict"
    INVALID_BODY = "invalid_body"
    INVALID_INPUT = "invalid_input"
    CONVERSATION_NOT_FOUND = "conversation_not_found"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate_limited"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


RETRYABLE: frozenset[str] = frozenset(
    {ErrorCode.RATE_LIMITED, ErrorCode.BUSY, ErrorCode.UNAVAILABLE, ErrorCode.INTERNAL}
)
"""After these a client sends the same frame again, with the same message id, after a pause."""


class CloseCode(IntEnum):
    """WebSocket close codes (RFC 6455 §7.4; 4000-4999 are ours)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    TOO_LARGE = 1009
    RESTART = 1012
    PROTOCOL = 4400
    SIGN_IN = 4401
    REVOKED = 4403
    IDLE = 4408
    DISPLACED = 4409
    SLOW_READER = 4413
    FLOOD = 4429


RECONNECT: frozenset[int] = frozenset(
    {CloseCode.GOING_AWAY, CloseCode.RESTART, CloseCode.IDLE, CloseCode.SLOW_READER, CloseCode.FLOOD, 1006}
)
"""After these a client reconnects by itself, with back-off; after the others a person or program must act."""
