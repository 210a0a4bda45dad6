"""Cases 7.*: the close handshake, its codes and reasons."""

import pytest

from apps.edge.protocol.frames import Opcode
from tests.edge.autobahn.conversation import Conversation
from tests.edge.clientframes import client_frame, close

HELLO = client_frame(payload=b"Hello, world!")
PING = client_frame(Opcode.PING, b"ping payload")
BIG = b"BAsd7&jh23" * 26_215


async def test_a_close_is_answered_behind_the_messages(talk: Conversation) -> None:
    await talk.say(HELLO, close(1000))

    assert await talk.outcome() == ["Hello, world!", 1000]


@pytest.mark.parametrize("behind", [close(1000), PING, HELLO], ids=["close", "ping", "text"])
async def test_nothing_is_answered_behind_a_close(talk: Conversation, behind: bytes) -> None:
    await talk.say(close(1000), behind)

    assert await talk.outcome() == [1000]


async def test_a_close_between_two_fragments_ends_the_message(talk: Conversation) -> None:
    await talk.say(client_frame(payload=b"fragment1", final=False), close(1000))
    await talk.say(client_frame(Opcode.CONTINUATION, b"fragment2"))

    assert await talk.outcome() == [1000]


async def test_a_large_message_is_finished_before_the_close(talk: Conversation) -> None:
    await talk.say(client_frame(payload=BIG), HELLO, close(1000), PING)

    assert await talk.outcome() == [BIG.decode(), "Hello, world!", 1000]


async def test_a_close_without_a_code_is_answered_without_one(talk: Conversation) -> None:
    await talk.say(close())

    assert await talk.outcome() == [1005]


async def test_a_close_with_half_a_code_is_wrong(talk: Conversation) -> None:
    await talk.say(client_frame(Opcode.CLOSE, b"a"))

    assert await talk.outcome() == [1002]


@pytest.mark.parametrize("reason", [b"", b"Hello, world!", b"*" * 123, "好".encode() * 41])
async def test_a_close_may_have_a_reason(talk: Conversation, reason: bytes) -> None:
    await talk.say(close(1000, reason))

    assert await talk.outcome() == [1000]


async def test_a_reason_that_is_too_long_is_wrong(talk: Conversation) -> None:
    await talk.say(close(1000, b"*" * 124))

    assert await talk.outcome() == [1002]


@pytest.mark.parametrize("reason", [b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", b"\xff"])
async def test_a_reason_that_is_not_text_is_wrong(talk: Conversation, reason: bytes) -> None:
    await talk.say(close(1000, reason))

    assert await talk.outcome() == [1007]


@pytest.mark.parametrize(
    "code",
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999],
)
async def test_a_valid_code_comes_back(talk: Conversation, code: int) -> None:
    await talk.say(close(code))

    assert await talk.outcome() == [code]


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
async def test_an_invalid_code_is_wrong(talk: Conversation, code: int) -> None:
    await talk.say(close(code))

    assert await talk.outcome() == [1002]
