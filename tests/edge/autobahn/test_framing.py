"""Cases 1.*, 3.* and 4.*: sizes, reserved bits and opcodes."""

import pytest

from apps.edge.protocol.frames import Opcode
from tests.edge.autobahn.conversation import Chop, Conversation, by_byte, by_size, together
from tests.edge.clientframes import client_frame, close

SIZES = [0, 125, 126, 127, 128, 65_535, 65_536]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
async def test_a_message_of_any_size_comes_back(talk: Conversation, opcode: Opcode, size: int) -> None:
    payload = b"*" * size

    await talk.say(client_frame(opcode, payload), close(1000))

    assert await talk.outcome() == [payload.decode() if opcode == Opcode.TEXT else payload, 1000]


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
async def test_a_message_in_pieces_comes_back_whole(talk: Conversation, opcode: Opcode) -> None:
    payload = b"*" * 65_536

    await talk.say(client_frame(opcode, payload), close(1000), chop=by_size(997))

    assert await talk.outcome() == [payload.decode() if opcode == Opcode.TEXT else payload, 1000]


@pytest.mark.parametrize("chop", [together, by_byte])
@pytest.mark.parametrize(
    ("opcode", "reserved"),
    [
        (Opcode.TEXT, 1),
        (Opcode.TEXT, 2),
        (Opcode.TEXT, 3),
        (Opcode.TEXT, 4),
        (Opcode.BINARY, 5),
        (Opcode.PING, 6),
        (Opcode.CLOSE, 7),
    ],
)
async def test_a_reserved_bit_ends_the_connection(
    talk: Conversation, opcode: Opcode, reserved: int, chop: Chop
) -> None:
    await talk.greet()

    await talk.say(client_frame(opcode, b"", reserved=reserved), client_frame(Opcode.PING), chop=chop)

    assert await talk.outcome() == [1002]


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
async def test_a_reserved_opcode_ends_the_connection(talk: Conversation, opcode: int) -> None:
    await talk.greet()

    await talk.say(client_frame(opcode, b"reserved opcode"[opcode:]), client_frame(Opcode.PING))

    assert await talk.outcome() == [1002]


@pytest.mark.parametrize("opcode", [5, 13])
async def test_a_reserved_opcode_that_comes_byte_by_byte_does_too(talk: Conversation, opcode: int) -> None:
    await talk.say(client_frame(opcode, b"x"), client_frame(Opcode.PING), chop=by_byte)

    assert await talk.outcome() == [1002]


async def test_an_unmasked_frame_ends_the_connection(talk: Conversation) -> None:
    await talk.greet()

    await talk.say(client_frame(payload=b"Hello, world!", key=None))

    assert await talk.outcome() == [1002]


@pytest.mark.parametrize("way", ["uvloop detached", "asyncio detached"], indirect=True)
async def test_what_came_before_the_mistake_is_still_answered(talk: Conversation) -> None:
    await talk.say(client_frame(payload=b"one"), client_frame(Opcode.PING, b"two"), client_frame(3))

    assert await talk.outcome() == ["one", ("pong", b"two"), 1002]


@pytest.mark.parametrize(("size", "size_bytes"), [(5, 2), (5, 8), (300, 8)])
async def test_a_wasteful_length_ends_the_connection(talk: Conversation, size: int, size_bytes: int) -> None:
    await talk.say(client_frame(payload=b"x" * size, size_bytes=size_bytes))

    assert await talk.outcome() == [1002]
