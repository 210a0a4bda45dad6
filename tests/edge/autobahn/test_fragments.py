"""Cases 5.*: fragments, and control frames between them."""

import pytest

from apps.edge.protocol.frames import Opcode
from tests.edge.autobahn.conversation import Chop, Conversation, by_byte, by_frame, together
from tests.edge.clientframes import client_frame, close

CHOPS = pytest.mark.parametrize("chop", [together, by_frame, by_byte])
FIRST = client_frame(payload=b"fragment1", final=False)
MORE = client_frame(Opcode.CONTINUATION, b"fragment2", final=False)
LAST = client_frame(Opcode.CONTINUATION, b"fragment2")
WHOLE = client_frame(payload=b"Hello, world!")
PING = client_frame(Opcode.PING, b"ping payload")
PONG = ("pong", b"ping payload")


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG, Opcode.CLOSE])
async def test_a_control_frame_must_not_be_fragmented(talk: Conversation, opcode: Opcode) -> None:
    await talk.say(client_frame(opcode, b"fragment1", final=False), LAST)

    assert await talk.outcome() == [1002]


@CHOPS
async def test_two_fragments_are_one_message(talk: Conversation, chop: Chop) -> None:
    await talk.say(FIRST, LAST, close(1000), chop=chop)

    assert await talk.outcome() == ["fragment1fragment2", 1000]


@CHOPS
async def test_a_ping_between_two_fragments_is_answered_first(talk: Conversation, chop: Chop) -> None:
    await talk.say(FIRST, PING, LAST, close(1000), chop=chop)

    assert await talk.outcome() == [PONG, "fragment1fragment2", 1000]


@CHOPS
@pytest.mark.parametrize("orphan", [LAST, MORE])
async def test_a_continuation_of_nothing_ends_the_connection(talk: Conversation, orphan: bytes, chop: Chop) -> None:
    await talk.say(orphan, WHOLE, chop=chop)

    assert await talk.outcome() == [1002]


@pytest.mark.parametrize("orphan", [LAST, MORE])
async def test_a_continuation_behind_a_finished_message_does_too(talk: Conversation, orphan: bytes) -> None:
    await talk.say(FIRST, LAST)
    before = await talk.hear(1)
    await talk.say(orphan, WHOLE)

    assert before == ["fragment1fragment2"]
    assert await talk.outcome() == [1002]


@pytest.mark.parametrize("orphan", [LAST, MORE])
async def test_a_continuation_before_a_message_does_too(talk: Conversation, orphan: bytes) -> None:
    await talk.say(orphan, FIRST, LAST, orphan, FIRST, LAST)

    assert await talk.outcome() == [1002]


async def test_a_message_within_another_ends_the_connection(talk: Conversation) -> None:
    await talk.say(FIRST, client_frame(payload=b"fragment2"))

    assert await talk.outcome() == [1002]


@pytest.mark.parametrize("chop", [together, by_frame])
async def test_five_fragments_with_pings_on_the_way_are_one_message(talk: Conversation, chop: Chop) -> None:
    await talk.say(FIRST, MORE, PING, chop=chop)
    before = await talk.hear(1)
    await talk.say(MORE, MORE, PING, LAST, close(1000), chop=chop)

    assert before == [PONG]
    assert await talk.outcome() == [PONG, "fragment1" + 4 * "fragment2", 1000]
