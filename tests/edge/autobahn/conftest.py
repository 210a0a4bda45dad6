"""An echo server for each way of running an application and each event loop, and one peer of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from apps.edge import EdgeConfig, FrameLimits
from tests.edge.autobahn.conversation import Conversation
from tests.edge.echo import echo
from tests.edge.peer import serving

MAX_MESSAGE_BYTES = 2**24
MAX_FRAGMENTS = 100_000


@pytest.fixture(params=["uvloop detached", "asyncio plain"])
def way(request: pytest.FixtureRequest) -> list[str]:
    """The event loop, and how the application runs: each of both kinds once, for they do not know of each other."""
    return str(request.param).split()


@pytest.fixture
def event_loop_policy(way: list[str]) -> Any:
    if way[0] == "uvloop":
        return pytest.importorskip("uvloop").EventLoopPolicy()
    return asyncio.DefaultEventLoopPolicy()


@pytest.fixture
def path(way: list[str]) -> str:
    return f"/{way[1]}"


@pytest.fixture
async def talk(path: str) -> AsyncIterator[Conversation]:
    """A conversation with an echo application."""
    limits = FrameLimits(max_message_bytes=MAX_MESSAGE_BYTES, max_fragments=MAX_FRAGMENTS)
    async with serving(echo, EdgeConfig(frames=limits)) as running:
        yield Conversation(await running.connect(path=path, limit=2**20), running, path)
