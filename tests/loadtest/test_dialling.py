"""Connecting sessions and bringing them back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from apps.loadtest import dialling
from apps.loadtest.dialling import is_final
from apps.loadtest.fleet import Fleet
from apps.loadtest.session import CLOSED
from tests.loadtest.fake_server import FakeServer, serving
from tests.loadtest.wires import PEOPLE, eventually, fleet, say, sign_in


@asynccontextmanager
async def dialled(url: str, **fields: object) -> AsyncIterator[Fleet]:
    one = fleet(urls=[url], **fields)
    one.begin()
    try:
        yield one
    finally:
        await one.close()


async def all_open(one: Fleet) -> None:
    await eventually(lambda: one.open == len(one.sessions))


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with serving(PEOPLE) as fake:
        yield fake


@pytest.mark.parametrize("pace", [{"connect_per_s": 0.0}, {"connect_per_s": 200.0}, {"connecting": 1}])
async def test_everybody_is_connected(server: FakeServer, pace: dict[str, float]) -> None:
    async with dialled(server.url, **pace) as one:
        await all_open(one)

        assert one.dialler.waiting == 0
    assert server.signed_in == 8


async def test_connections_come_from_the_given_addresses(server: FakeServer) -> None:
    async with dialled(server.url, sources=["127.0.0.8", "127.0.0.9"]) as one:
        await all_open(one)

        sockets = [session._transport.get_extra_info("sockname") for session in one.sessions if session._transport]
    assert {socket[0] for socket in sockets} == {"127.0.0.8", "127.0.0.9"}


async def test_who_is_dropped_comes_back_and_the_time_away_is_measured(server: FakeServer) -> None:
    async with dialled(server.url) as one:
        await all_open(one)
        one.drop(1.0)
        await asyncio.sleep(0)
        await all_open(one)

        assert one.stats.away.count == 8
        assert one.stats.counts["dialled"] == 16
    assert server.signed_in == 16


async def test_an_address_that_does_not_answer_is_tried_again_elsewhere(server: FakeServer) -> None:
    async with dialled(server.url) as one:
        await all_open(one)
    dead = fleet(urls=["ws://127.0.0.1:1/", server.url])

    dead.begin()
    await all_open(dead)
    await dead.close()

    assert dead.stats.counts["connect_failed:ConnectionRefusedError"] > 0
    assert {session.place for session in dead.sessions} == {1}


async def test_a_server_that_says_nothing_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "SIGN_IN_TIMEOUT_S", 0.05)
    silent = await asyncio.start_server(lambda _reader, _writer: asyncio.sleep(5), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]

    async with dialled(f"ws://127.0.0.1:{port}/") as one:
        await eventually(lambda: one.stats.counts.get("failed:sign_in_timeout", 0) >= 8)
    silent.close()

    assert one.open == 0


async def test_a_refusal_for_good_is_not_tried_again() -> None:
    async with serving(PEOPLE, defect="bad_tokens") as server, dialled(server.url) as one:
        await eventually(lambda: one.dialler.given_up == 8)

        assert one.dialler.waiting == 0
        assert one.stats.counts["failed:4401"] == 8


async def test_who_was_told_to_wait_waits() -> None:
    one = fleet()
    sign_in(one.sessions[0])
    say(one.sessions[0], op="closing", reason="restart", retry_after_ms=600_000)

    one.sessions[0].connection_lost(None)

    assert one.dialler._pauses[0][0] > asyncio.get_running_loop().time() + 500
    assert one.sessions[0].phase == CLOSED


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("1006", False),
        ("1012", False),
        ("4408", False),
        ("4413", False),
        ("1000", False),
        ("4401", True),
        ("4403", True),
        ("http_403", True),
        ("http_408", False),
        ("http_429", False),
        ("http_503", False),
        ("silent", False),
    ],
)
def test_only_some_ends_are_final(reason: str, expected: bool) -> None:
    assert is_final(reason) is expected


def test_secure_addresses_are_verified() -> None:
    one = fleet(urls=["wss://127.0.0.1:1/"])

    tls = one.dialler._tls

    assert tls is not None
    assert tls.check_hostname
