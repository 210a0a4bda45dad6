"""The reader takes frames however they are cut, and refuses what RFC 6455 §5 forbids as early as it can."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.edge.protocol.frames import CloseCode, Opcode
from apps.edge.protocol.limits import FrameLimits
from apps.edge.protocol.reader import Broken, Closing, Event, FrameReader, Ping, Pong, unmask
from tests.edge.clientframes import KEY, client_frame, close, masked

LIMITS = FrameLimits(max_message_bytes=200_000, max_fragments=8)


def read(*chunks: bytes, limits: FrameLimits = LIMITS) -> list[Event]:
    return read_with(FrameReader(limits), *chunks)


def read_with(reader: FrameReader, *chunks: bytes) -> list[Event]:
    events: list[Event] = []
    for chunk in chunks:
        reader.feed(chunk)
        while (event := reader.take()) is not None:
            events.append(event)
    return events


def crumbs(data: bytes, size: int = 1) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 100_000])
@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_a_message_of_any_size_arrives(size: int, opcode: Opcode) -> None:
    payload = b"abcdefg"[: size % 7] + b"x" * (size - size % 7)

    events = read(client_frame(opcode, payload))

    assert events == [payload.decode() if opcode == Opcode.TEXT else payload]


def test_it_does_not_matter_how_the_bytes_are_cut() -> None:
    data = (
        client_frame(payload="héllo".encode())
        + client_frame(Opcode.BINARY, b"\xff" * 200, final=False)
        + client_frame(Opcode.PING, b"between")
        + client_frame(Opcode.CONTINUATION, b"", final=False)
        + client_frame(Opcode.CONTINUATION, b"end")
        + client_frame(payload="你好".encode() * 50)
        + client_frame(Opcode.PONG)
        + close(1000, b"bye")
    )
    expected = ["héllo", Ping(b"between"), b"\xff" * 200 + b"end", "你好" * 50, Pong(b""), Closing(1000, "bye")]

    assert read(data) == expected
    assert read(*crumbs(data)) == expected
    assert read(*crumbs(data, 7)) == expected


def test_a_reader_between_messages_holds_nothing() -> None:
    reader = FrameReader(LIMITS)
    assert reader.is_idle

    assert read_with(reader, client_frame(payload=b"a"), client_frame(Opcode.BINARY, b"b")) == ["a", b"b"]
    assert reader.is_idle

    assert read_with(reader, client_frame(payload=b"abc")[:3]) == []
    assert not reader.is_idle


def test_a_reader_within_a_message_is_not_idle() -> None:
    reader = FrameReader(LIMITS)

    read_with(reader, client_frame(payload=b"", final=False))

    assert not reader.is_idle


def test_events_come_one_by_one() -> None:
    reader = FrameReader(LIMITS)
    reader.feed(client_frame(payload=b"a") + client_frame(payload=b"b"))

    first = reader.take()
    reader.feed(client_frame(payload=b"c"))

    assert [first, reader.take(), reader.take(), reader.take()] == ["a", "b", "c", None]


def test_a_character_may_lie_on_both_sides_of_a_cut() -> None:
    euro = "€".encode()

    events = read(
        client_frame(payload=euro[:1], final=False), client_frame(Opcode.CONTINUATION, euro[1:]), client_frame()
    )

    assert events == ["€", ""]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (client_frame(payload=b"x", reserved=4), CloseCode.PROTOCOL_ERROR),
        (client_frame(payload=b"x", reserved=1), CloseCode.PROTOCOL_ERROR),
        (client_frame(3, b"x"), CloseCode.PROTOCOL_ERROR),
        (client_frame(0xB), CloseCode.PROTOCOL_ERROR),
        (client_frame(payload=b"x", key=None), CloseCode.PROTOCOL_ERROR),
        (client_frame(Opcode.PING, b"x", key=None), CloseCode.PROTOCOL_ERROR),
        (client_frame(Opcode.PING, final=False), CloseCode.PROTOCOL_ERROR),
        (client_frame(Opcode.PING, b"x" * 126), CloseCode.PROTOCOL_ERROR),
        (client_frame(Opcode.CONTINUATION, b"x"), CloseCode.PROTOCOL_ERROR),
        (client_frame(final=False) + client_frame(payload=b"y"), CloseCode.PROTOCOL_ERROR),
        (client_frame(payload=b"x", size_bytes=2), CloseCode.PROTOCOL_ERROR),
        (client_frame(payload=b"x" * 200, size_bytes=8), CloseCode.PROTOCOL_ERROR),
        (client_frame(announced=1 << 63), CloseCode.PROTOCOL_ERROR),
        (client_frame(announced=200_001), CloseCode.TOO_BIG),
        (client_frame(payload=b"\xff"), CloseCode.NOT_UTF8),
        (client_frame(payload=b"\xce"), CloseCode.NOT_UTF8),
        (client_frame(payload=b"\xff" * 200), CloseCode.NOT_UTF8),
        (client_frame(Opcode.CLOSE, b"\x03"), CloseCode.PROTOCOL_ERROR),
        (close(1005), CloseCode.PROTOCOL_ERROR),
        (close(1000, b"\xff"), CloseCode.NOT_UTF8),
    ],
)
def test_wrong_input_breaks_the_connection_with_its_code(data: bytes, code: CloseCode) -> None:
    reader = FrameReader(LIMITS)

    *_, broken = read_with(reader, data + client_frame(payload=b"unheard"))

    assert isinstance(broken, Broken)
    assert broken.code == code
    assert broken.reason
    assert read_with(reader, client_frame(payload=b"unheard")) == []
    assert not reader.is_idle


@pytest.mark.parametrize(
    ("data", "enough_bytes"),
    [
        (client_frame(payload=b"x" * 60_000, reserved=2), 2),
        (client_frame(payload=b"x" * 60_000, key=None), 2),
        (client_frame(announced=1 << 40), 10),
        (client_frame(payload=b"abc\xf4\x90\x80\x80"), 6 + 5),
        (client_frame(payload=b"\xed\xa0" + b"x" * 1000), 8 + 2),
    ],
)
def test_wrong_input_breaks_at_the_first_byte_that_makes_it_wrong(data: bytes, enough_bytes: int) -> None:
    assert read(data[: enough_bytes - 1]) == []
    assert isinstance(read(data[:enough_bytes])[-1], Broken)


def test_the_limit_counts_over_all_fragments() -> None:
    limits = FrameLimits(max_message_bytes=10)
    beginning = client_frame(payload=b"123456", final=False)

    fits = read(beginning, client_frame(Opcode.CONTINUATION, b"7890"), limits=limits)
    too_big = read(beginning, client_frame(Opcode.CONTINUATION, b"78901"), limits=limits)

    assert fits == ["1234567890"]
    assert [event.code for event in too_big if isinstance(event, Broken)] == [CloseCode.TOO_BIG]


def test_a_short_text_beyond_a_shorter_limit_breaks() -> None:
    assert read(client_frame(payload=b"123"), limits=FrameLimits(max_message_bytes=3)) == ["123"]

    (broken,) = read(client_frame(payload=b"1234"), limits=FrameLimits(max_message_bytes=3))

    assert isinstance(broken, Broken)
    assert broken.code == CloseCode.TOO_BIG


def test_a_message_has_a_bounded_number_of_fragments() -> None:
    beginning, crumb = client_frame(final=False), client_frame(Opcode.CONTINUATION, final=False)
    end = client_frame(Opcode.CONTINUATION)

    assert read(beginning + 6 * crumb + end + beginning + 6 * crumb + end) == ["", ""]
    (broken,) = read(beginning + 7 * crumb + end)
    assert isinstance(broken, Broken)
    assert broken.code == CloseCode.POLICY


def test_a_close_frame_without_a_code_is_one() -> None:
    assert read(close()) == [Closing(CloseCode.NO_STATUS, "")]


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_unmasking_is_the_xor_of_the_standard(payload: bytes, key: bytes) -> None:
    assert unmask(payload, key) == masked(payload, key)
    assert unmask(unmask(payload, key), key) == payload


@given(st.lists(st.text(max_size=300) | st.binary(max_size=300), max_size=5), st.integers(1, 40), st.integers(1, 80))
def test_messages_survive_any_fragmentation_and_any_cut(messages: list[str | bytes], fragment: int, cut: int) -> None:
    data = b"".join(fragmented(message, fragment) for message in messages)

    events = read(*crumbs(data, cut), limits=FrameLimits())

    assert events == messages


def fragmented(message: str | bytes, size: int) -> bytes:
    payload = message.encode() if isinstance(message, str) else message
    opcode = Opcode.TEXT if isinstance(message, str) else Opcode.BINARY
    pieces = crumbs(payload, size) or [b""]
    return b"".join(
        client_frame(Opcode.CONTINUATION if index else opcode, piece, final=index == len(pieces) - 1)
        for index, piece in enumerate(pieces)
    )


@given(st.lists(st.binary(max_size=60), max_size=12))
def test_noise_ends_in_nothing_worse_than_a_broken_connection(chunks: list[bytes]) -> None:
    events = read(*chunks)

    assert all(not isinstance(event, Broken) for event in events[:-1])


@given(st.data())
def test_bent_frames_end_in_nothing_worse_either(data: st.DataObject) -> None:
    whole = fragmented(data.draw(st.text(max_size=80)), 20) + client_frame(Opcode.PING, KEY) + close(1000)
    bent = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        bent[data.draw(st.integers(0, len(bent) - 1))] = data.draw(st.integers(0, 255))

    events = read(*crumbs(bytes(bent), 9))

    assert all(not isinstance(event, Broken) for event in events[:-1])
