"""Connections follow each other, and end for good only when nobody here can mend it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from apps.client import ClientClosed, ConnectionLost, ImClient, SignInRefused, SignInUnavailable
from apps.client.connection import MAX_TOKENS_REFUSED, STABLE_AFTER_S
from apps.wire.frames import Closing, ErrorFrame, Heartbeat, Send, SignIn, Sync
from tests.client.builders import ROOM, ack, page, welcome
from tests.client.conftest import MakeClient
from tests.client.scripted import ManualTiming, Peer, ScriptedServer


def counting_tokens() -> Callable[[], Awaitable[str]]:
    count = 0

    async def token() -> str:
        nonlocal count
        count += 1
        return f"token-{count}"

    return token


async def connected(client: ImClient, server: ScriptedServer) -> Peer:
    connecting = asyncio.create_task(client.connect())
    peer = await server.accept_signed_in()
    await connecting
    return peer


async def exchange(client: ImClient, peer: Peer) -> None:
    """One question and its answer: everything said before has been taken in by then."""
    asking = asyncio.create_task(client.sync(ROOM, after=0))
    question = await peer.expect(Sync)
    await peer.say(page(1, 0, ref=question.ref))
    await asking


async def end_of(client: ImClient) -> BaseException | None:
    """Wait until the client gives up, and return why."""
    with pytest.raises(ClientClosed) as caught:
        await anext(client.events())
    return caught.value.__cause__


@pytest.mark.parametrize("code", [1001, 1012, 1011, 4401, 4408, 4413, 4429])
async def test_after_a_passing_end_it_comes_back(server: ScriptedServer, make_client: MakeClient, code: int) -> None:
    client = make_client(token=counting_tokens())
    peer = await connected(client, server)

    await peer.close(code)

    await server.accept_signed_in()


async def test_when_its_node_is_gone_it_comes_back_at_another(
    server: ScriptedServer, make_client: MakeClient, unused_port: int
) -> None:
    urls = [f"ws://127.0.0.1:{unused_port}/ws/v1", server.url]
    client = make_client(ws_url=urls, options={"backoff_base_s": 0.01})
    peer = await connected(client, server)

    await peer.close(1012)

    await server.accept_signed_in()


@pytest.mark.parametrize("code", [4400, 4403, 1009])
async def test_after_a_final_end_it_stays_away(server: ScriptedServer, make_client: MakeClient, code: int) -> None:
    client = make_client()
    peer = await connected(client, server)

    await peer.close(code)

    cause = await end_of(client)
    assert isinstance(cause, ConnectionLost)
    assert cause.code == code


async def test_an_expired_sign_in_comes_back_with_another_token(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    client = make_client(token=counting_tokens())
    connecting = asyncio.create_task(client.connect())
    peer = await server.accept()
    first = await peer.welcome()
    await connecting

    await peer.close(4401)
    again = await (await server.accept()).welcome()

    assert (first.token, again.token) == ("token-1", "token-2")


async def test_a_token_that_is_refused_again_after_a_fresh_one_is_an_error(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    connecting = asyncio.create_task(make_client(token=counting_tokens()).connect())

    for _ in range(MAX_TOKENS_REFUSED):
        peer = await server.accept()
        await peer.expect(SignIn)
        await peer.say(ErrorFrame("token_invalid", "no"))

    with pytest.raises(SignInRefused, match="token_invalid"):
        await connecting


async def test_a_server_without_its_database_is_asked_again_later(
    server: ScriptedServer, make_client: MakeClient, timing: ManualTiming
) -> None:
    connecting = asyncio.create_task(make_client().connect())
    peer = await server.accept()
    await peer.expect(SignIn)

    await peer.say(ErrorFrame("unavailable", "not now", retry=True, retry_after_ms=900))
    await server.accept_signed_in()
    await connecting

    assert timing.slept == [0.9]


async def test_a_failing_token_source_is_asked_again(server: ScriptedServer, make_client: MakeClient) -> None:
    answers = [SignInUnavailable("down"), SignInUnavailable("down")]

    async def token() -> str:
        if answers:
            raise answers.pop()
        return "good"

    connecting = asyncio.create_task(make_client(token=token).connect())

    await server.accept_signed_in()
    await connecting

    assert answers == []


async def test_pauses_grow_while_connections_do_not_last(
    server: ScriptedServer, make_client: MakeClient, timing: ManualTiming
) -> None:
    client = make_client(options={"backoff_base_s": 0.1, "backoff_cap_s": 0.8, "jitter": lambda: 1.0})
    peer = await connected(client, server)
    for _ in range(4):
        await peer.close(1012)
        peer = await server.accept_signed_in()

    await exchange(client, peer)
    grown = list(timing.slept)
    timing.advance(STABLE_AFTER_S)
    await peer.close(1012)
    await server.accept_signed_in()

    assert [*grown, timing.slept[-1]] == pytest.approx([0.1, 0.2, 0.4, 0.8, 0.1])


async def test_a_closing_server_decides_when_to_come_back(
    server: ScriptedServer, make_client: MakeClient, timing: ManualTiming
) -> None:
    client = make_client()
    peer = await connected(client, server)

    await peer.say(Closing("restart", 950))
    await peer.close(1012)
    await server.accept_signed_in()

    assert timing.slept == [0.95]


async def test_heartbeats_keep_a_quiet_connection(
    server: ScriptedServer, make_client: MakeClient, timing: ManualTiming
) -> None:
    client = make_client()
    peer = await connected(client, server)

    await exchange(client, peer)
    timing.advance(24)

    assert isinstance(await peer.next_frame(), Heartbeat)


async def test_a_silent_server_is_left(server: ScriptedServer, make_client: MakeClient, timing: ManualTiming) -> None:
    client = make_client()
    peer = await connected(client, server)

    await exchange(client, peer)
    timing.advance(60)

    assert await peer.wait_closed() == 1000
    await server.accept_signed_in()


async def test_the_token_is_renewed_on_the_open_connection(
    server: ScriptedServer, make_client: MakeClient, timing: ManualTiming
) -> None:
    client = make_client(token=counting_tokens())
    connecting = asyncio.create_task(client.connect())
    peer = await server.accept_signed_in(welcome(expires=1_020_000))
    await connecting
    await exchange(client, peer)

    timing.advance(16)
    again = await peer.expect(SignIn)
    await peer.say(welcome(ref=again.ref))
    sending = asyncio.create_task(client.send_text(ROOM, "x"))
    frame = await peer.expect(Send)
    await peer.say(ack(frame.id, 1))

    assert (again.token, again.since) == ("token-2", None)
    assert (await sending).seq == 1


async def test_a_renewal_that_must_wait_leaves_the_connection_open(
    server: ScriptedServer, make_client: MakeClient, timing: ManualTiming
) -> None:
    answers: list[str | Exception] = ["first", SignInUnavailable("down"), "second"]
    failed = asyncio.Event()

    async def token() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            failed.set()
            raise answer
        return answer

    client = make_client(token=token)
    connecting = asyncio.create_task(client.connect())
    peer = await server.accept_signed_in(welcome(expires=1_020_000))
    await connecting

    await exchange(client, peer)
    timing.advance(16)
    await failed.wait()
    await exchange(client, peer)
    timing.advance(10)
    again = await peer.expect(SignIn)

    assert again.token == "second"


async def test_frames_of_a_later_version_are_skipped(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    peer = await connected(client, server)

    await peer.say_text('{"op":"fireworks"}')
    await peer.say_text("not even json")
    sending = asyncio.create_task(client.send_text(ROOM, "x"))
    frame = await peer.expect(Send)
    await peer.say(ack(frame.id, 1))

    assert (await sending).seq == 1


async def test_a_server_that_never_answers_the_sign_in_is_left(server: ScriptedServer, make_client: MakeClient) -> None:
    connecting = asyncio.create_task(make_client(options={"answer_timeout_s": 0.05}).connect())

    silent = await server.accept()
    await server.accept()

    assert await silent.wait_closed() == 1000
    connecting.cancel()


async def test_a_defect_reaches_whoever_waits(make_client: MakeClient) -> None:
    async def token() -> str:
        raise ZeroDivisionError

    client = make_client(token=token)

    with pytest.raises(ClientClosed, match="gave up"):
        await client.connect()
