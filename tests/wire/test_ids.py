"""Message ids: 48 bytes, 64 characters, and nothing between."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.wire.ids import (
    InvalidMessageId,
    MessageId,
    TerminalId,
    UserId,
    decode_message_id,
    encode_message_id,
    make_message_id,
    own_message_id,
    parse_message_id,
    parse_message_id_bytes,
)

SENDER = UserId(UUID("01936f2e-7b3a-7c44-8f10-2a5b6c7d8e9f"))
TERMINAL = TerminalId(UUID("6f9619ff-8b86-4d01-b42d-00cf4fc964ff"))
TIME_MS = 1_800_000_000_000
RANDOM = bytes(range(1, 10))
VECTOR = "AQGTby57OnxEjxAqW2x9jp9vlhn_i4ZNAbQtAM9PyWT_AaMYXFAAAQIDBAUGBwgJ"
VECTOR_HEX = "0101936f2e7b3a7c448f102a5b6c7d8e9f6f9619ff8b864d01b42d00cf4fc964ff01a3185c5000010203040506070809"


def test_the_worked_example_of_the_specification() -> None:
    message_id = make_message_id(SENDER, TERMINAL, time_ms=TIME_MS, random=RANDOM)

    assert message_id.to_text() == VECTOR
    assert message_id.to_bytes().hex() == VECTOR_HEX
    assert parse_message_id(VECTOR) == MessageId(SENDER, TERMINAL, TIME_MS, RANDOM)


@given(
    sender=st.uuids(),
    terminal=st.uuids(),
    time_ms=st.integers(0, (1 << 48) - 1),
    random=st.binary(min_size=9, max_size=9),
)
def test_every_id_survives_the_way_through_text_and_bytes(
    sender: UUID, terminal: UUID, time_ms: int, random: bytes
) -> None:
    message_id = make_message_id(UserId(sender), TerminalId(terminal), time_ms=time_ms, random=random)

    text = message_id.to_text()

    assert len(text) == 64
    assert parse_message_id(text) == message_id
    assert encode_message_id(decode_message_id(text)) == text


def test_an_id_is_its_makers_own_and_nobody_elses() -> None:
    other = UUID("11111111-2222-4333-8444-555555555555")

    owned = own_message_id(VECTOR, SENDER, TERMINAL)
    others = [own_message_id(VECTOR, UserId(other), TERMINAL), own_message_id(VECTOR, SENDER, TerminalId(other))]

    assert owned is not None
    assert owned.hex() == VECTOR_HEX
    assert others == [None, None]


@pytest.mark.parametrize("text", ["", VECTOR[:-1], VECTOR + "A", "!" * 64, "Ag" + VECTOR[2:]])
def test_what_is_no_id_is_nobodys_own(text: str) -> None:
    with pytest.raises(InvalidMessageId):
        own_message_id(text, SENDER, TERMINAL)


def test_a_second_example() -> None:
    sender = UserId(UUID("018f0a0b-0c0d-7e0f-8102-030405060708"))
    terminal = TerminalId(UUID("11111111-2222-4333-8444-555555555555"))

    message_id = make_message_id(sender, terminal, time_ms=1_700_000_000_123, random=bytes(range(9)))

    assert message_id.to_text() == "AQGPCgsMDX4PgQIDBAUGBwgRERERIiJDM4REVVVVVVVVAYvP5Wh7AAECAwQFBgcI"


@given(st.binary(min_size=48, max_size=48))
def test_text_and_bytes_map_one_to_one(data: bytes) -> None:
    assert decode_message_id(encode_message_id(data)) == data


@given(st.text(alphabet=st.sampled_from("ABCxyz019-_"), min_size=64, max_size=64))
def test_bytes_give_back_the_same_text(text: str) -> None:
    assert encode_message_id(decode_message_id(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        VECTOR[:-1],
        VECTOR + "A",
        VECTOR + "\n",
        VECTOR[:-1] + "=",
        VECTOR[:-1] + "+",
        VECTOR[:-1] + "/",
        VECTOR[:-1] + " ",
        VECTOR[:-1] + "\u4f60",
    ],
)
def test_other_texts_are_no_ids(text: str) -> None:
    with pytest.raises(InvalidMessageId, match="64 characters"):
        parse_message_id(text)


def test_a_later_version_is_refused_by_name() -> None:
    data = b"\x02" + bytes(47)

    with pytest.raises(InvalidMessageId, match="version 2 is unknown"):
        parse_message_id_bytes(data)


@pytest.mark.parametrize("size", [0, 47, 49])
def test_other_lengths_are_refused(size: int) -> None:
    with pytest.raises(InvalidMessageId, match="48 bytes"):
        parse_message_id_bytes(bytes(size))


@pytest.mark.parametrize("time_ms", [-1, 1 << 48])
def test_a_time_that_does_not_fit_is_refused(time_ms: int) -> None:
    with pytest.raises(InvalidMessageId, match="48 bits"):
        make_message_id(SENDER, TERMINAL, time_ms=time_ms, random=RANDOM)


@pytest.mark.parametrize("size", [0, 8, 10])
def test_randomness_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(InvalidMessageId, match="needs 9"):
        make_message_id(SENDER, TERMINAL, time_ms=TIME_MS, random=bytes(size))
