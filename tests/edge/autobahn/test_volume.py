"""Cases 9.* and 10.*: large messages, many fragments, many pieces, many messages; scaled to what a test may take."""

import pytest

from apps.edge.protocol.frames import Opcode
from tests.edge.autobahn.conftest import MAX_MESSAGE_BYTES
from tests.edge.autobahn.conversation import Conversation, by_size
from tests.edge.clientframes import close

KEYLESS = b"\0\0\0\0"
KINDS = pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
K, M = 2**10, 2**20


def frame(opcode: Opcode, payload: bytes, *, final: bool = True) -> bytes:
    """A frame with the key that changes nothing: masking megabytes byte by byte would take the test's time."""
    size = len(payload)
    first = (0x80 if final else 0) | opcode
    if size < 126:
        return bytes((first, 0x80 | size)) + KEYLESS + payload
    short, width = (126, 2) if size < 65_536 else (127, 8)
    return bytes((first, 0x80 | short)) + size.to_bytes(width, "big") + KEYLESS + payload


def fragments(opcode: Opcode, payload: bytes, size: int) -> list[bytes]:
    starts = range(0, len(payload), size)
    return [
        frame(Opcode.CONTINUATION if start else opcode, payload[start : start + size], final=start == starts[-1])
        for start in starts
    ]


def expected(opcode: Opcode, payload: bytes) -> object:
    return payload.decode() if opcode == Opcode.TEXT else payload


@KINDS
@pytest.mark.parametrize("size", [64 * K, 256 * K, 1 * M, 4 * M])
async def test_a_large_message_comes_back(talk: Conversation, opcode: Opcode, size: int) -> None:
    payload = b"BAsd7&jh23......" * (size // 16)

    await talk.say(frame(opcode, payload), close(1000))

    assert await talk.outcome() == [expected(opcode, payload), 1000]


@KINDS
@pytest.mark.parametrize("size", [64, 256, 1 * K, 4 * K, 16 * K, 64 * K, 256 * K, 1 * M])
async def test_a_message_in_many_fragments_comes_back(talk: Conversation, opcode: Opcode, size: int) -> None:
    payload = b"BAsd7&jh23......" * (1 * M // 16)

    await talk.say(*fragments(opcode, payload, size), close(1000))

    assert await talk.outcome() == [expected(opcode, payload), 1000]


@KINDS
@pytest.mark.parametrize("size", [64, 128, 256, 512, 1 * K, 2 * K])
async def test_a_message_in_many_pieces_comes_back(talk: Conversation, opcode: Opcode, size: int) -> None:
    payload = b"BAsd7&jh23......" * (64 * K // 16)

    await talk.say(frame(opcode, payload), close(1000), chop=by_size(size))

    assert await talk.outcome() == [expected(opcode, payload), 1000]


@KINDS
@pytest.mark.parametrize("size", [0, 16, 64, 256, 1 * K, 4 * K])
async def test_many_messages_go_there_and_back(talk: Conversation, opcode: Opcode, size: int) -> None:
    payload = b"*" * size
    heard = []

    for _ in range(50):
        await talk.say(frame(opcode, payload))
        heard += await talk.hear(1)

    assert heard == [expected(opcode, payload)] * 50


@KINDS
async def test_many_messages_sent_at_once_all_come_back(talk: Conversation, opcode: Opcode) -> None:
    payloads = [b"%d" % number for number in range(5_000)]

    await talk.say(*(frame(opcode, payload) for payload in payloads), close(1000))

    assert await talk.outcome() == [*(expected(opcode, payload) for payload in payloads), 1000]


async def test_a_message_cut_as_a_network_cuts_it_comes_back(talk: Conversation) -> None:
    payload = b"*" * (64 * K)

    await talk.say(*fragments(Opcode.TEXT, payload, 1_300), close(1000))

    assert await talk.outcome() == [payload.decode(), 1000]


async def test_a_message_beyond_the_limit_ends_the_connection_before_it_is_sent(talk: Conversation) -> None:
    announced = MAX_MESSAGE_BYTES + 1

    await talk.say(b"\x82\xff" + announced.to_bytes(8, "big"))

    assert await talk.outcome() == [1009]
