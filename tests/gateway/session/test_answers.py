"""The frames a session answers with by itself."""

from uuid import UUID

from apps.gateway.session.answers import changed, error, marks_of
from apps.wire.errors import ErrorCode
from apps.wire.frames import Heartbeat, Sync
from tests.gateway.session.frames import ROOM, message, outcome


def test_marks_are_what_the_client_gave() -> None:
    assert marks_of(Sync(ROOM, 1, ref="r")) == ("r", "")
    assert marks_of(message()) == ("", message().id)
    assert marks_of(Heartbeat()) == ("", "")


def test_changed_names_conversation_and_seq() -> None:
    assert outcome([changed(UUID(int=6), 12)]) == [{"op": "changed", "conversation": str(ROOM), "max_seq": 12}]


def test_an_error_is_retryable_when_it_names_a_pause() -> None:
    final, later = outcome([error(ErrorCode.BAD_FRAME, "no"), error(ErrorCode.BUSY, "wait", retry_after_ms=5, ref="r")])

    assert final == {"op": "error", "code": "bad_frame", "message": "no"}
    assert later == {"op": "error", "code": "busy", "message": "wait", "retry": True, "retry_after_ms": 5, "ref": "r"}
