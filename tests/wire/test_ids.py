"""A message id is 48 bytes that map one to one to 64 characters, and says who made it where and when."""

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.wire.ids import (
    MESSAGE_ID_RANDOM_BYTES,
    InvalidMessageId,
    TerminalId,
    UserId,
    decode_message_id,
    encode_message_id,
    make_message_id,
    parse_message_id,
    parse_message_id_bytes,
)

SENDER = UserId(UUID("018f0a0b-0c0d-7e0f-8102-030405060708"))
TERMINAL = TerminalId(UUID("11111111-2222-4333-8444-555555555555"))
RANDOM = bytes(range(MESSAGE_ID_RANDOM_BYTES))


def test_the_worked_example_of_the_specification() -> None:
    message_id = make_message_id(SENDER, TERMINAL, time_ms=1_700_000_000_123, random=RANDOM)

    assert message_id.to_text() == "AQGPCgsMDX4PgQIDBAUGBwgRERERIiJDM4REVVVVVVVVAYvP5Wh7AAECAwQFBgcI"
    assert message_id.to_bytes().hex() == (
        "01" + SENDER.hex + TERMINAL.hex + (1_700_000_000_123).to_bytes(6, "big").hex() + RANDOM.hex()
    )


@given(
    st.uuids(),
    st.uuids(),
    st.integers(0, (1 << 48) - 1),
    st.binary(min_size=MESSAGE_ID_RANDOM_BYTES, max_size=MESSAGE_ID_RANDOM_BYTES),
)
def test_what_was_made_is_what_is_parsed(sender: UUID, terminal: UUID, time_ms: int, random: bytes) -> None:
    made = make_message_id(UserId(sender), TerminalId(terminal), time_ms=time_ms, random=random)

    assert parse_message_id(made.to_text()) == made
    assert len(made.to_text()) == 64


@given(st.binary(min_size=48, max_size=48))
def test_text_and_bytes_map_one_to_one(data: bytes) -> None:
    assert decode_message_id(encode_message_id(data)) == data


@given(st.text(alphabet=st.sampled_from("ABCxyz019-_"), min_size=64, max_size=64))
def test_bytes_give_back_the_same_text(text: str) -> None:
    assert encode_message_id(decode_message_id(text)) == text


@pytest.mark.parametrize("time_ms", [-1, 1 << 48])
def test_a_time_beyond_48_bits_is_refused(time_ms: int) -> None:
    with pytest.raises(InvalidMessageId, match="48 bits"):
        make_message_id(SENDER, TERMINAL, time_ms=time_ms, random=RANDOM)


@pytest.mark.parametrize("size", [0, 8, 10])
def test_a_random_part_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(InvalidMessageId, match=f"{size} bytes, needs 9"):
        make_message_id(SENDER, TERMINAL, time_ms=0, random=bytes(size))


@pytest.mark.parametrize(
    "text",
    ["", "A" * 63, "A" * 65, "A" * 63 + "=", "A" * 63 + "+", "A" * 63 + "/", "A" * 63 + "é", "A" * 64 + "\n"],
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidMessageId, match="64 characters"):
        decode_message_id(text)


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(InvalidMessageId, match="version 2 is unknown"):
        parse_message_id(base64.urlsafe_b64encode(b"\x02" + bytes(47)).decode())


def test_bytes_of_another_length_are_refused() -> None:
    with pytest.raises(InvalidMessageId, match="not 47"):
        parse_message_id_bytes(bytes(47))
