"""A client goes where a node sends it, comes back from where nobody answers, and speaks to older nodes."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from apps.wire.frames import Closing, ErrorFrame, SignIn, Sync
from tests.client.builders import ROOM, page, welcome
from tests.client.conftest import MakeClient
from tests.client.scripted import ManualTiming, Peer, ScriptedServer, scripted_server


@pytest.fixture
async def other() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as script:
        yield script


async def send_on(peer: Peer, url: str) -> SignIn:
    frame = await peer.expect(SignIn)
    await peer.say(Closing("redirect", url=url))
    return frame


async def test_a_client_that_is_sent_on_goes_there_at_once(
    server: ScriptedServer, other: ScriptedServer, make_client: MakeClient, timing: ManualTiming
) -> None:
    connecting = asyncio.create_task(make_client().connect())

    first = await send_on(await server.accept(), other.url)
    second = await (await other.accept()).welcome()
    await connecting

    assert (first.redirect, second.redirect) == (True, False)
    assert timing.slept == []


async def test_when_its_node_dies_it_asks_the_list_again(
    server: ScriptedServer, other: ScriptedServer, make_client: MakeClient
) -> None:
    connecting = asyncio.create_task(make_client().connect())
    await send_on(await server.accept(), other.url)
    peer = await other.accept()
    await peer.welcome()
    await connecting

    peer.break_off()

    assert (await (await server.accept()).welcome()).redirect


async def test_where_nobody_answers_it_comes_back_and_stays(
    server: ScriptedServer, make_client: MakeClient, unused_port: int
) -> None:
    connecting = asyncio.create_task(make_client(options={"backoff_base_s": 0.01}).connect())

    await send_on(await server.accept(), f"ws://127.0.0.1:{unused_port}/ws/v1")
    again = await (await server.accept()).welcome()
    await connecting

    assert not again.redirect


async def test_a_node_that_sends_on_whom_it_may_not_is_left_after_a_pause(
    server: ScriptedServer, other: ScriptedServer, make_client: MakeClient, timing: ManualTiming
) -> None:
    connecting = asyncio.create_task(make_client().connect())
    await send_on(await server.accept(), other.url)
    peer = await other.accept()

    await peer.expect(SignIn)
    await peer.say(Closing("redirect", 900, server.url))
    await peer.close(1012)
    await (await server.accept()).welcome()
    await connecting

    assert timing.slept == [0.9]


async def test_a_node_of_before_redirects_is_signed_in_to_on_the_same_socket(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    connecting = asyncio.create_task(make_client().connect())
    peer = await server.accept()

    first = await peer.expect(SignIn)
    await peer.say(ErrorFrame("bad_frame", "unknown field `redirect`"))
    second = await peer.welcome()
    await connecting

    assert (first.redirect, second.redirect) == (True, False)


async def test_a_renewal_does_not_ask_to_be_sent_on(
    server: ScriptedServer, make_client: MakeClient, timing: ManualTiming
) -> None:
    client = make_client()
    connecting = asyncio.create_task(client.connect())
    peer = await server.accept_signed_in(welcome(expires=1_020_000))
    await connecting
    asking = asyncio.create_task(client.sync(ROOM, after=0))
    question = await peer.expect(Sync)
    await peer.say(page(1, 0, ref=question.ref))
    await asking

    timing.advance(16)

    assert not (await peer.expect(SignIn)).redirect
