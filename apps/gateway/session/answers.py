"""Frames the session itself answers with. Their texts are for programmers, so they are English only."""

from typing import Final
from uuid import UUID

from apps.gateway.measures import REFUSALS
from apps.gateway.session.effects import SendText
from apps.wire.codec import encode
from apps.wire.errors import CloseCode, ErrorCode
from apps.wire.frames import Changed, ClientFrames, ErrorFrame, Send

SHUT_OUT: Final[dict[str, CloseCode]] = {
    ErrorCode.TERMINAL_REFUSED: CloseCode.REVOKED,
    ErrorCode.SIGNED_IN_ELSEWHERE: CloseCode.DISPLACED,
}
"""Refusals of a sign-in after which the socket closes, as trying again with the same token is no use."""


def marks_of(frame: ClientFrames) -> tuple[str, str]:
    """Return what the client knows its frame by: `ref` and message id, each "" when the frame has none."""
    return getattr(frame, "ref", ""), getattr(frame, "id", "")


def changed(conversation: UUID, seq: int) -> SendText:
    """Say that pushes up to `seq` were left out."""
    return SendText(encode(Changed(conversation=conversation, max_seq=seq)))


def error(code: ErrorCode, message: str, *, ref: str = "", message_id: str = "", retry_after_ms: int = 0) -> SendText:
    """Refuse a frame; with a pause the same frame may be sent again after it."""
    REFUSALS.add(code=code)
    retry = retry_after_ms > 0
    frame = ErrorFrame(code=code, message=message, retry=retry, retry_after_ms=retry_after_ms, ref=ref, id=message_id)
    return SendText(encode(frame))


def too_many_messages(frame: Send, wait_ms: int) -> str:
    """Refuse a message of a user who sends too many through all her sessions together; it may be sent again later."""
    message = "too many messages from all your sessions together, slow down"
    return error(ErrorCode.RATE_LIMITED, message, message_id=frame.id, retry_after_ms=wait_ms).text
