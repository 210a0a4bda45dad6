"""The client's half of WebSocket framing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.loadtest import framing
from apps.loadtest.framing import FramingRefused

KEY = b"\x12\x34\x56\x78"


@pytest.mark.parametrize(("size", "head"), [(0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10)])
def test_a_frame_of_the_client_is_masked_and_has_the_shortest_length(size: int, head: int) -> None:
    payload = bytes(range(256)) * (size // 256 + 1)

    frame = framing.client_frame(framing.TEXT, payload[:size], KEY)

    assert len(frame) == head + 4 + size
    assert frame[0] == 0x81
    assert frame[1] & 0x80
    assert frame[head : head + 4] == KEY
    assert framing.masked(frame[head + 4 :], KEY) == payload[:size]


def test_masking_is_that_of_the_rfc() -> None:
    assert framing.masked(b"Hello", bytes.fromhex("37fa213d")) == bytes.fromhex("7f9f4d5158")


def from_server(opcode: int, payload: bytes) -> bytes:
    """An unmasked frame: what is sent with a zero key, without the key and the mask bit."""
    frame = framing.client_frame(opcode, payload, b"\0\0\0\0")
    head = len(frame) - len(payload) - 4
    return bytes((frame[0], frame[1] & 0x7F)) + frame[2:head] + payload


@given(st.lists(st.binary(max_size=70_000), max_size=4), st.integers(1, 5000))
def test_frames_are_found_however_they_are_cut(payloads: list[bytes], step: int) -> None:
    stream, rest, found = b"".join(from_server(framing.TEXT, payload) for payload in payloads), b"", []

    for start in range(0, len(stream), step):
        rest += stream[start : start + step]
        position = 0
        while (frame := framing.parse_frame(rest, position)) is not None:
            found.append(rest[frame[1] : frame[2]])
            position = frame[2]
        rest = rest[position:]

    assert found == payloads
    assert rest == b""


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"\x01\x00", "fragmented"), (b"\xc1\x00", "bad_bits"), (b"\x81\x80", "bad_bits")],
)
def test_what_no_such_server_sends_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(FramingRefused) as refused:
        framing.parse_frame(data, 0)

    assert refused.value.reason == reason


def test_a_frame_that_is_too_large_is_refused() -> None:
    with pytest.raises(FramingRefused, match="too_large"):
        framing.parse_frame(b"\x81\x7f" + (framing.MAX_FRAME_BYTES + 1).to_bytes(8, "big"), 0)


def test_the_handshake_is_that_of_the_rfc() -> None:
    key, expected = framing.handshake_key(b"the sample nonce")
    answer = b"HTTP/1.1 101 Switching Protocols\r\nServer: x\r\nsec-websocket-accept: " + expected + b"\r\n\r\n"

    assert key == b"dGhlIHNhbXBsZSBub25jZQ=="
    assert expected == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert b"GET /ws/v1 HTTP/1.1\r\nHost: h:1\r\n" in framing.handshake_request("h:1", "/ws/v1", key)
    assert framing.handshake_end(answer + b"\x81\x00", expected) == len(answer)
    assert framing.handshake_end(answer[:-1], expected) == 0


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 503 Busy\r\n\r\n", "http_503"),
        (b"nonsense\r\n\r\n", "http_none"),
        (b"HTTP/1.1 101 S\r\nSec-WebSocket-Accept: other\r\n\r\n", "bad_accept"),
        (b"x" * (framing.MAX_HEAD_BYTES + 1), "head_too_large"),
    ],
)
def test_a_wrong_answer_to_the_handshake_is_refused(answer: bytes, reason: str) -> None:
    with pytest.raises(FramingRefused, match=reason):
        framing.handshake_end(answer, b"expected")


def test_a_close_frame_may_have_a_code() -> None:
    assert framing.close_code(b"\x03\xe8bye") == 1000
    assert framing.close_code(b"") == 1005
