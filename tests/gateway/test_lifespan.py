"""The node's life: one per loop, started once, stopped cleanly, started again."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from apps.cluster import services as cluster_services
from apps.events import publish
from apps.gateway import lifespan
from apps.messaging import runtime

pytestmark = pytest.mark.django_db(transaction=True)


async def test_everybody_gets_the_same_node() -> None:
    nodes = await asyncio.gather(*(lifespan.running_node() for _ in range(5)))

    assert len({id(node) for node in nodes}) == 1
    await lifespan.shutdown()


async def test_starting_twice_is_starting_once() -> None:
    await lifespan.startup()
    node = await lifespan.running_node()

    await lifespan.startup()

    assert await lifespan.running_node() is node
    await lifespan.shutdown()


async def test_stopping_leaves_nothing_running() -> None:
    before = asyncio.all_tasks()
    await lifespan.startup()
    bound = publish._node.loop

    await lifespan.shutdown()

    assert bound is asyncio.get_running_loop()
    assert publish._node.loop is None
    assert runtime._holder.runtime is None
    assert asyncio.all_tasks() == before


async def test_stopping_what_does_not_run_is_nothing() -> None:
    await lifespan.shutdown()
    await lifespan.shutdown()

    assert lifespan._slot.running is None


async def test_a_node_can_be_started_again() -> None:
    first = await lifespan.running_node()
    await lifespan.shutdown()

    second = await lifespan.running_node()

    assert second is not first
    assert second.registry.node_id != first.registry.node_id
    await lifespan.shutdown()


def test_a_loop_that_ended_leaves_room_for_the_next() -> None:
    async def start_and_forget() -> str:
        node = await lifespan.running_node()
        await runtime.stop()
        return node.registry.node_id

    async def start_and_stop() -> str:
        node = await lifespan.running_node()
        await lifespan.shutdown()
        return node.registry.node_id

    assert asyncio.run(start_and_forget()) != asyncio.run(start_and_stop())


async def test_another_loops_node_is_not_stopped_from_here() -> None:
    ended = asyncio.new_event_loop()
    start: asyncio.Task[Any] = asyncio.create_task(asyncio.sleep(0))
    others = lifespan._Running(ended, start)
    lifespan._slot.running = others

    await lifespan.shutdown()
    await start
    ended.close()

    assert not others.stopping
    assert (await lifespan.running_node()).registry.node_id
    await lifespan.shutdown()


async def test_a_node_that_stops_takes_no_more_connections() -> None:
    await lifespan.startup()
    stopping = asyncio.create_task(lifespan.shutdown())
    await asyncio.sleep(0)

    with pytest.raises(lifespan.NodeStopping):
        await lifespan.running_node()

    await lifespan.shutdown()
    await stopping
    assert lifespan._slot.running is None


async def test_a_start_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail() -> None:
        raise OSError("no database")

    with monkeypatch.context() as patch:
        patch.setattr(runtime, "start", fail)
        with pytest.raises(OSError, match="no database"):
            await lifespan.running_node()

    node = await lifespan.running_node()

    assert len(node.registry) == 0
    await lifespan.shutdown()


async def test_limits_come_from_the_settings(settings: Any) -> None:
    settings.IM_SESSION_LIMITS = {"in_flight": 3}
    settings.IM_OUTBOX_BOUNDS = {"limit_frames": 9}

    node = await lifespan.running_node()

    assert (node.limits.in_flight, node.bounds.limit_frames) == (3, 9)
    await lifespan.shutdown()


async def test_sessions_are_sent_to_where_the_cluster_has_their_home(monkeypatch: pytest.MonkeyPatch) -> None:
    node = await lifespan.running_node()
    alone = node.home_of("user.x")

    monkeypatch.setattr(cluster_services, "current", lambda: SimpleNamespace(home_of=lambda group: f"ws://{group}"))
    in_a_cluster = node.home_of("user.x")
    monkeypatch.undo()

    assert (alone, in_a_cluster) == ("", "ws://user.x")
    await lifespan.shutdown()
