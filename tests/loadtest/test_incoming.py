"""What a load test reads of the server's frames."""

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from apps.loadtest import incoming
from apps.wire import frames

ROOM = uuid4()


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (
            frames.Ack(id="a" * 64, conversation=ROOM, seq=3, time=9),
            incoming.Ack(id="a" * 64, conversation=str(ROOM), seq=3, time=9),
        ),
        (frames.HeartbeatFrame(time=5), incoming.Heartbeat(time=5)),
        (frames.Changed(conversation=ROOM, max_seq=4), incoming.Changed(str(ROOM), 4)),
        (frames.Closing(reason="restart", retry_after_ms=7), incoming.Closing("restart", 7)),
        (
            frames.ErrorFrame(code="busy", message="m", retry=True, retry_after_ms=5, ref="r"),
            incoming.Error(code="busy", retry=True, retry_after_ms=5, ref="r"),
        ),
        (frames.CursorFrame(conversation=ROOM, user=ROOM, delivered_seq=1, read_seq=1), incoming.Cursor()),
        (frames.Conversations(items=[]), incoming.Conversations()),
    ],
)
def test_frames_of_the_protocol_are_read(sent: msgspec.Struct, read: incoming.Frame) -> None:
    assert incoming.decode(msgspec.json.encode(sent)) == read


def test_a_welcome_tells_what_changed() -> None:
    state = frames.ConversationState(ROOM, 7, 1, 0, 0, 0)
    ids: dict[str, Any] = {"tenant": uuid4(), "user": uuid4(), "terminal": uuid4()}
    sent = frames.Welcome(session="s", time=1, expires=2, heartbeat_ms=3, changed=[state], **ids)

    read = incoming.decode(msgspec.json.encode(sent))

    assert read == incoming.Welcome(time=1, heartbeat_ms=3, changed=[incoming.State(str(ROOM), 7)])


def test_events_are_read_pushed_and_synced() -> None:
    fields: dict[str, Any] = {"conversation": ROOM, "seq": 3, "id": "i", "kind": "text", "sender": ROOM, "time": 8}
    body = msgspec.Raw(b'{"text":"x"}')
    pushed = incoming.decode(msgspec.json.encode(frames.EventFrame(**fields, body=body)))
    view = frames.EventView(**fields, body=body)
    synced = incoming.decode(msgspec.json.encode(frames.Events(conversation=ROOM, events=[view], max_seq=3)))

    assert isinstance(pushed, incoming.Event)
    assert (pushed.seq, pushed.id, bytes(pushed.body)) == (3, "i", b'{"text":"x"}')
    assert isinstance(synced, incoming.Events)
    assert synced.events == [incoming.SyncedEvent(3, "i")]


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"op":"from_the_future"}', b'{"op":"ack"}', b'{"op":"\xff"}'])
def test_what_is_not_known_is_passed_over(payload: bytes) -> None:
    assert incoming.decode(payload) is None


@pytest.mark.parametrize("space", ["", " "])
def test_a_stamp_comes_back_from_the_body(space: str) -> None:
    text = incoming.stamp(123_456_789, 42, 100)

    assert len(text) == 100
    assert incoming.read_stamp(f'{{"text":{space}"{text}"}}'.encode()) == (123_456_789, 42)


@pytest.mark.parametrize("body", [b"{}", b'{"text":"hello there"}', b'{"title":"x"}', b""])
def test_a_body_of_somebody_else_has_no_stamp(body: bytes) -> None:
    assert incoming.read_stamp(body) is None
