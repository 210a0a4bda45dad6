"""Cases 2.*: pings and pongs."""

import pytest

from apps.edge.protocol.frames import Opcode
from tests.edge.autobahn.conversation import Chop, Conversation, by_byte, by_frame, together
from tests.edge.clientframes import client_frame, close


@pytest.mark.parametrize("chop", [together, by_byte])
@pytest.mark.parametrize("payload", [b"", b"Hello, world!", bytes([0, 255, 254, 253, 252, 251, 0, 255]), b"\xfe" * 125])
async def test_a_ping_comes_back_with_its_payload(talk: Conversation, payload: bytes, chop: Chop) -> None:
    await talk.say(client_frame(Opcode.PING, payload), close(1000), chop=chop)

    assert await talk.outcome() == [("pong", payload), 1000]


async def test_a_ping_that_is_too_long_ends_the_connection(talk: Conversation) -> None:
    await talk.say(client_frame(Opcode.PING, b"\xfe" * 126), client_frame(Opcode.PING))

    assert await talk.outcome() == [1002]


@pytest.mark.parametrize("payload", [b"", b"unsolicited pong payload"])
async def test_a_pong_nobody_asked_for_is_ignored(talk: Conversation, payload: bytes) -> None:
    ping = client_frame(Opcode.PING, b"ping payload")

    await talk.say(client_frame(Opcode.PONG, payload), ping, close(1000))

    assert await talk.outcome() == [("pong", b"ping payload"), 1000]


@pytest.mark.parametrize("chop", [together, by_frame, by_byte])
async def test_ten_pings_are_ten_pongs(talk: Conversation, chop: Chop) -> None:
    payloads = [b"payload-%d" % number for number in range(10)]

    await talk.say(*(client_frame(Opcode.PING, payload) for payload in payloads), close(1000), chop=chop)

    assert await talk.outcome() == [*(("pong", payload) for payload in payloads), 1000]
