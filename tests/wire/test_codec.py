"""Whatever arrives, decoding ends in a struct or a FrameRefused with a code."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.wire.codec import FrameRefused, decode_client_frame, decode_server_frame, encode
from apps.wire.errors import ErrorCode
from apps.wire.frames import (
    MAX_FRAME_BYTES,
    Ack,
    ClientFrames,
    Heartbeat,
    HeartbeatFrame,
    ListConversations,
    Read,
    Received,
    SignIn,
    Sync,
)

SOME = UUID("018f0a0b-0c0d-7e0f-8102-030405060708")
OPS = ["sign_in", "heartbeat", "send", "received", "read", "sync", "list_conversations"]
SERVER_OPS = [
    "welcome",
    "heartbeat",
    "ack",
    "event",
    "events",
    "conversations",
    "cursor",
    "changed",
    "closing",
    "error",
]


@pytest.mark.parametrize(
    "frame",
    [
        SignIn(token="t", terminal=SOME, platform="web", since=5, ref="r"),
        Heartbeat(),
        Received(SOME, 3),
        Read(SOME, 3),
        Sync(SOME, 0, 200, "r"),
        ListConversations(),
    ],
    ids=lambda frame: type(frame).__name__,
)
def test_a_client_frame_survives_the_wire(frame: ClientFrames) -> None:
    assert decode_client_frame(encode(frame)) == frame
    assert decode_client_frame(encode(frame).encode()) == frame


def test_a_server_frame_survives_the_wire() -> None:
    frame = Ack("i" * 64, SOME, 7, 8)

    assert decode_server_frame(encode(frame)) == frame


def test_the_server_may_add_fields_the_client_may_not() -> None:
    assert decode_server_frame('{"op":"heartbeat","time":1,"later":true}') == HeartbeatFrame(1)
    with pytest.raises(FrameRefused, match="later"):
        decode_client_frame('{"op":"heartbeat","later":true}')


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", ErrorCode.BAD_FRAME),
        ("{", ErrorCode.BAD_FRAME),
        ("[]", ErrorCode.BAD_FRAME),
        ("null", ErrorCode.BAD_FRAME),
        ('"\\ud800"', ErrorCode.BAD_FRAME),
        ('{"op":"sync"}', ErrorCode.BAD_FRAME),
        ('{"op":"sync","conversation":"x","after":0}', ErrorCode.BAD_FRAME),
        (f'{{"op":"sync","conversation":"{SOME}","after":-1}}', ErrorCode.BAD_FRAME),
        (f'{{"op":"sync","conversation":"{SOME}","after":0,"limit":201}}', ErrorCode.BAD_FRAME),
        (f'{{"op":"read","conversation":"{SOME}","seq":9223372036854775808}}', ErrorCode.BAD_FRAME),
        ("{}", ErrorCode.UNKNOWN_OP),
        ('{"op":1}', ErrorCode.UNKNOWN_OP),
        ('{"op":"dance"}', ErrorCode.UNKNOWN_OP),
        ('{"op":"ack"}', ErrorCode.UNKNOWN_OP),
        ("[" * 60_000, ErrorCode.BAD_FRAME),
        (" " * (MAX_FRAME_BYTES + 1), ErrorCode.FRAME_TOO_LARGE),
        ("你" * (MAX_FRAME_BYTES // 2), ErrorCode.FRAME_TOO_LARGE),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_frame_has_its_code(text: str, code: ErrorCode) -> None:
    with pytest.raises(FrameRefused) as refused:
        decode_client_frame(text)

    assert refused.value.code is code


def test_a_refusal_gives_the_marks_back() -> None:
    with pytest.raises(FrameRefused) as refused:
        decode_client_frame(json.dumps({"op": "send", "id": "i" * 64, "ref": "r" * 99, "kind": 3}))

    assert refused.value.message_id == "i" * 64
    assert refused.value.ref == "r" * 64


def test_marks_that_are_no_text_are_left_out() -> None:
    with pytest.raises(FrameRefused) as refused:
        decode_client_frame('{"op":"dance","id":["x"],"ref":{"a":"\\ud800"}}')

    assert (refused.value.message_id, refused.value.ref) == ("", "")


def test_a_server_frame_of_a_later_version_can_be_skipped() -> None:
    with pytest.raises(FrameRefused) as refused:
        decode_server_frame('{"op":"hologram"}')

    assert refused.value.code is ErrorCode.BAD_FRAME


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["op", "id", "ref", "conversation", "seq", "after", "limit", "kind", "body", "token", "terminal"]
)
VALUES = st.sampled_from([str(uuid4()), "A" * 64, 0, 1, -1, 2**63, "text", {"text": "x"}]) | JSON


@given(st.dictionaries(KEYS, VALUES), st.sampled_from([*OPS, *SERVER_OPS, "?"]))
def test_near_misses_end_in_a_frame_or_a_refusal(fields: dict[str, Any], op: str) -> None:
    text = json.dumps({**fields, "op": op})

    for decode in (decode_client_frame, decode_server_frame):
        try:
            frame = decode(text)
        except FrameRefused:
            continue
        assert decode(encode(frame)) == frame


@given(st.binary(max_size=300) | st.text(max_size=300))
@example(b"\xff\xfe")
@example("\ud800")
@example('{"op":"\ud800"}')
def test_any_input_ends_in_a_frame_or_a_refusal(data: bytes | str) -> None:
    for decode in (decode_client_frame, decode_server_frame):
        try:
            frame = decode(data)
        except FrameRefused:
            continue
        assert decode(encode(frame)) == frame
