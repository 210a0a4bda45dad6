"""The codec: what it takes, how it refuses, and that no input whatever breaks it."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.wire.codec import FrameRefused, decode_client_frame, decode_server_frame, encode
from apps.wire.errors import ErrorCode
from apps.wire.frames import MAX_FRAME_BYTES, ClientFrames, Heartbeat, ServerFrames
from tests.wire.frames import CLIENT_EXAMPLES, MESSAGE_ID, ROOM, SERVER_EXAMPLES

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
EXAMPLES: list[dict[str, Any]] = [msgspec.json.decode(encode(frame)) for frame in [*CLIENT_EXAMPLES, *SERVER_EXAMPLES]]
OPS = sorted({frame["op"] for frame in EXAMPLES})
KEYS = sorted({key for frame in EXAMPLES for key in frame})
LIKELY = st.sampled_from([str(ROOM), "A" * 64, 0, 1, -1, 2**63, "text", {"text": "x"}])


def name(frame: Any) -> str:
    return type(frame).__name__


@pytest.mark.parametrize("frame", CLIENT_EXAMPLES, ids=name)
def test_client_frames_survive_the_way_there(frame: ClientFrames) -> None:
    assert decode_client_frame(encode(frame)) == frame
    assert decode_client_frame(encode(frame).encode()) == frame


@pytest.mark.parametrize("frame", SERVER_EXAMPLES, ids=name)
def test_server_frames_survive_the_way_back(frame: ServerFrames) -> None:
    assert decode_server_frame(encode(frame)) == frame


def refused(data: str | bytes) -> FrameRefused:
    with pytest.raises(FrameRefused) as caught:
        decode_client_frame(data)
    return caught.value


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", ErrorCode.BAD_FRAME),
        ("nonsense", ErrorCode.BAD_FRAME),
        ("[]", ErrorCode.BAD_FRAME),
        ("null", ErrorCode.BAD_FRAME),
        ('"\\ud800"', ErrorCode.BAD_FRAME),
        ('{"op":"sync","conversation":"x","after":0}', ErrorCode.BAD_FRAME),
        (f'{{"op":"sync","conversation":"{ROOM}","after":-1}}', ErrorCode.BAD_FRAME),
        (f'{{"op":"sync","conversation":"{ROOM}","after":0,"limit":201}}', ErrorCode.BAD_FRAME),
        (f'{{"op":"read","conversation":"{ROOM}","seq":9223372036854775808}}', ErrorCode.BAD_FRAME),
        ("{}", ErrorCode.UNKNOWN_OP),
        ('{"op":7}', ErrorCode.UNKNOWN_OP),
        ('{"op":"welcome"}', ErrorCode.UNKNOWN_OP),
        ('{"op":"sync"}', ErrorCode.BAD_FRAME),
        (b"\xff", ErrorCode.BAD_FRAME),
        ("\ud800", ErrorCode.BAD_FRAME),
        ("[" * 60_000, ErrorCode.BAD_FRAME),
        ('{"op":"heartbeat","x":' + "[" * 60_000, ErrorCode.BAD_FRAME),
        (" " * (MAX_FRAME_BYTES + 1), ErrorCode.FRAME_TOO_LARGE),
        ("\u4f60" * (MAX_FRAME_BYTES // 3 + 1), ErrorCode.FRAME_TOO_LARGE),
    ],
)
def test_what_is_no_frame_is_refused_with_its_code(data: str | bytes, code: ErrorCode) -> None:
    assert refused(data).code == code


def test_a_frame_of_just_the_allowed_size_is_taken() -> None:
    data = '{"op":"heartbeat"}'

    assert decode_client_frame(data + " " * (MAX_FRAME_BYTES - len(data))) == Heartbeat()


def test_a_refusal_carries_the_marks_that_could_be_read() -> None:
    frame = {"op": "send", "id": MESSAGE_ID, "conversation": 5, "ref": "r" * 80}

    refusal = refused(json.dumps(frame))

    assert (refusal.ref, refusal.message_id) == ("r" * 64, MESSAGE_ID)
    assert "conversation" in refusal.message


@pytest.mark.parametrize("mark", [None, 5, [], {"a": 1}])
def test_marks_that_are_no_text_are_left_out(mark: object) -> None:
    assert refused(json.dumps({"op": "sync", "ref": mark})).ref == ""


def test_a_frame_of_a_later_server_can_be_skipped() -> None:
    with pytest.raises(FrameRefused) as caught:
        decode_server_frame('{"op":"from_the_future"}')

    assert caught.value.code == ErrorCode.BAD_FRAME


def decodes_or_refuses(data: str | bytes) -> None:
    """The property, on both sides: a frame that encodes to itself or a refusal with bounded marks, nothing else."""
    for decode in (decode_client_frame, decode_server_frame):
        try:
            frame = decode(data)
        except FrameRefused as error:
            marks = (error.ref, error.message_id)
        else:
            marks = ("", "")
            assert decode(encode(frame)) == frame
        assert max(map(len, marks)) <= 64


@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbf{}")
@example(b"\xff\xfe")
@settings(max_examples=300, deadline=None)
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    decodes_or_refuses(data)


@given(st.text(max_size=300))
@example("\ud800")
@example('{"op":"\ud800"}')
@settings(max_examples=300, deadline=None)
def test_any_text_decodes_or_is_refused(data: str) -> None:
    decodes_or_refuses(data)


@given(frame=st.sampled_from(EXAMPLES), field=st.text(max_size=12), value=JSON, known=st.booleans(), data=st.data())
@settings(max_examples=500, deadline=None)
def test_any_damage_to_a_field_decodes_or_is_refused(
    frame: dict[str, Any], field: str, value: Any, known: bool, data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(frame))) if known else field

    decodes_or_refuses(json.dumps(frame | {key: value}))


@given(frame=st.sampled_from(EXAMPLES), cut=st.integers(0, 400), junk=st.binary(max_size=5))
@settings(max_examples=300, deadline=None)
def test_any_damage_to_the_text_decodes_or_is_refused(frame: dict[str, Any], cut: int, junk: bytes) -> None:
    text = json.dumps(frame).encode()
    place = cut % (len(text) + 1)

    decodes_or_refuses(text[:place] + junk + text[place + 1 :])


@given(fields=st.dictionaries(st.sampled_from(KEYS), LIKELY | JSON), op=st.sampled_from([*OPS, "?"]))
@settings(max_examples=300, deadline=None)
def test_near_misses_decode_or_are_refused(fields: dict[str, Any], op: str) -> None:
    decodes_or_refuses(json.dumps(fields | {"op": op}))


def test_broken_utf_8_in_a_body_is_refused() -> None:
    message = {"op": "send", "id": "A" * 64, "conversation": "0" * 32, "kind": "text", "body": {"text": "?"}}

    refusal = refused(json.dumps(message).encode().replace(b"?", b"\xff"))

    assert refusal.code is ErrorCode.BAD_FRAME


def test_marks_that_hold_broken_text_are_left_out() -> None:
    refusal = refused('{"op":"dance","id":["x"],"ref":{"a":"\\ud800"}}')

    assert (refusal.message_id, refusal.ref) == ("", "")
