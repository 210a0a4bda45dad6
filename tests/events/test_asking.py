"""Asking the nodes who is there."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from apps.events import asking
from apps.events.asking import ANSWER, ASK, open_terminals
from apps.events.inprocess import InProcessLayer
from apps.events.publish import bind_loop, user_group

USER, PHONE, DESK = UUID(int=1), UUID(int=8), UUID(int=9)


@pytest_asyncio.fixture
async def layer(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[InProcessLayer]:
    """A layer, and a loop that serves sessions."""
    layer = InProcessLayer()
    for place in ("apps.events.asking.get_channel_layer", "apps.events.publish.get_channel_layer"):
        monkeypatch.setattr(place, lambda: layer)
    bind_loop(asyncio.get_running_loop())
    yield layer
    bind_loop(None)


async def node(layer: InProcessLayer, name: str, *terminals: UUID) -> None:
    """A node with sessions of the user from these terminals."""
    loop = asyncio.get_running_loop()
    kept: list[Any] = []

    def answer(message: dict[str, Any]) -> None:
        assert message["type"] == ASK
        told = {"type": ANSWER, "terminals": [each.hex for each in terminals]}
        kept.append(loop.create_task(layer.send(message["reply"], told)))

    layer.subscribe(name, answer)
    await layer.group_add(user_group(USER), name)


async def test_what_the_nodes_say_is_gathered(layer: InProcessLayer) -> None:
    await node(layer, "first", PHONE)
    await node(layer, "second", DESK, PHONE)

    assert await asyncio.to_thread(open_terminals, USER) == {PHONE, DESK}


async def test_where_nobody_answers_nobody_is_there(layer: InProcessLayer) -> None:
    assert await asyncio.to_thread(open_terminals, USER) == set()


async def test_a_layer_that_fails_is_as_if_nobody_were(layer: InProcessLayer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_prefix: str) -> str:
        raise OSError("no layer")

    monkeypatch.setattr(layer, "new_channel", fail)

    assert await asyncio.to_thread(open_terminals, USER) == set()


async def test_a_loop_that_does_not_come_round_is_not_waited_for(
    layer: InProcessLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "WITHIN_S", 0)

    assert await asyncio.to_thread(open_terminals, USER) == set()


async def test_without_a_layer_nobody_is_asked(layer: InProcessLayer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.events.asking.get_channel_layer", lambda: None)

    assert await asyncio.to_thread(open_terminals, USER) == set()


def test_a_process_without_sessions_asks_nobody() -> None:
    assert open_terminals(USER) == set()
