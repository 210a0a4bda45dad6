"""Frames from a server are minimal, and no forbidden close code leaves."""

import pytest

from apps.edge.protocol.frames import (
    CloseCode,
    Opcode,
    binary_frame,
    close_frame,
    control_frame,
    is_close_code,
    text_frame,
)


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_the_length_is_written_in_the_fewest_bytes(size: int, header: bytes) -> None:
    text, binary = text_frame("x" * size), binary_frame(b"x" * size)

    assert text == header + b"x" * size
    assert binary == b"\x82" + header[1:] + b"x" * size


def test_a_text_is_utf_8() -> None:
    assert text_frame("你好") == b"\x81\x06" + "你好".encode()


def test_a_control_frame_is_cut_where_it_has_to_end() -> None:
    assert control_frame(Opcode.PONG, b"x" * 200) == b"\x8a\x7d" + b"x" * 125


def test_a_close_frame_has_code_and_reason() -> None:
    assert close_frame(4401, "revoked") == b"\x88\x09\x11\x31revoked"


def test_no_status_is_an_empty_close_frame() -> None:
    assert close_frame(CloseCode.NO_STATUS, "unheard") == b"\x88\x00"


def test_a_long_reason_is_cut_between_two_characters() -> None:
    frame = close_frame(1000, "好" * 100)

    assert len(frame) <= 2 + 125
    assert frame[4:].decode() == "好" * 41


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 70_000])
def test_a_forbidden_code_is_refused(code: int) -> None:
    assert not is_close_code(code)
    with pytest.raises(ValueError, match=str(code)):
        close_frame(code)


@pytest.mark.parametrize("code", [1000, 1003, 1007, 1014, 3000, 4999])
def test_every_other_code_is_sent(code: int) -> None:
    assert is_close_code(code)
    assert close_frame(code)[2:4] == code.to_bytes(2, "big")
