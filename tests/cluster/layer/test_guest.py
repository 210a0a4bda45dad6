"""A process without a node hands its messages to a node, or says that nobody took them over."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from apps.cluster.layer import guest
from apps.cluster.layer.guest import Guest
from apps.cluster.layer.parcels import pack, pack_named
from apps.cluster.runtime.keyring import KeyRing
from tests.cluster.layer.fixed import KEYS, FixedCluster

HOST = "127.0.0.1"
PAYLOAD = pack({"type": "t"})


@asynccontextmanager
async def stranger(
    behave: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """The port of something that listens and is no node."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behave(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def port_of_nobody() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def address(pair: FixedCluster) -> tuple[str, int]:
    return HOST, pair.ports[pair.nodes[0]]


async def test_a_node_sends_the_message_as_its_own(pair: FixedCluster) -> None:
    there = pair.layers[1]
    channel = await there.new_channel()
    await there.group_add("g", channel)

    taken = await Guest([address(pair)], KEYS).send(["g"], PAYLOAD)

    assert taken
    assert await asyncio.wait_for(there.receive(channel), 2) == {"type": "t"}


async def test_the_next_node_is_asked_when_one_does_not_answer(pair: FixedCluster) -> None:
    here = pair.layers[0]
    channel = await here.new_channel()
    await here.group_add("g", channel)

    taken = await Guest([(HOST, port_of_nobody()), address(pair)], KEYS).send(["g"], PAYLOAD)

    assert taken
    assert await asyncio.wait_for(here.receive(channel), 2) == {"type": "t"}


async def test_more_groups_than_fit_into_a_frame_are_told_all(pair: FixedCluster) -> None:
    here = pair.layers[0]
    groups = [f"group-with-a-long-name-that-fills-batches.{number}" for number in range(guest.GROUPS_PER_FRAME + 1)]
    channel = await here.new_channel()
    for group in (groups[0], groups[-1]):
        await here.group_add(group, channel)

    taken = await Guest([address(pair)], KEYS).send(groups, pack_named({"type": "t"}))

    assert taken
    got = [(await asyncio.wait_for(here.receive(channel), 2))["groups"] for _ in range(2)]
    assert sorted(got) == sorted([[groups[0]], [groups[-1]]])


async def test_without_any_node_the_loss_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, guest.__name__):
        taken = await Guest([(HOST, port_of_nobody())], KEYS).send(["g"], PAYLOAD)

    assert not taken
    assert "no node of the cluster took a message over" in caplog.text


async def test_a_guest_with_another_key_is_not_listened_to(pair: FixedCluster) -> None:
    other = KeyRing(["a key of somebody else"])

    assert not await Guest([address(pair)], other).send(["g"], PAYLOAD)


async def test_what_a_node_does_not_understand_is_not_taken_over(pair: FixedCluster) -> None:
    assert not await Guest([address(pair)], KEYS).send(["x" * 101], PAYLOAD)


async def test_who_hangs_up_has_taken_nothing_over() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with stranger(hang_up) as port:
        assert not await Guest([(HOST, port)], KEYS).send(["g"], PAYLOAD)


async def test_who_answers_with_something_else_has_taken_nothing_over() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 50)
        await writer.drain()

    async with stranger(talk) as port:
        assert not await Guest([(HOST, port)], KEYS).send(["g"], PAYLOAD)


async def test_who_says_nothing_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest, "WITHIN_S", 0.05)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1_000):
            pass

    async with stranger(say_nothing) as port:
        assert not await asyncio.wait_for(Guest([(HOST, port)], KEYS).send(["g"], PAYLOAD), 2)
