"""What the layer adds to its parts: other event loops, callbacks, and processes that are no node."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from apps.cluster import services
from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing import PAYLOAD_MAX_BYTES, MessageTooLong
from apps.cluster.layer import SlotChannelLayer, layer
from apps.cluster.layer.layer import NotANode
from tests.cluster.layer.fixed import FixedCluster, FixedNode, name_of

SECRET = "a key for these tests only"
MESSAGE = {"type": "t"}


async def elsewhere(work: Coroutine[Any, Any, Any]) -> Any:
    """Run something in an event loop of another thread."""
    return await asyncio.wait_for(asyncio.to_thread(asyncio.run, work), 5)


class CountingNode(FixedNode):
    """A control plane that shows counts, as the real one does."""

    count: Any = None

    def count_with(self, count: Any) -> None:
        self.count = count


async def test_channels_work_from_another_loop(pair: FixedCluster) -> None:
    here = pair.layers[0]
    channel = await here.new_channel()

    await elsewhere(here.send(channel, MESSAGE))

    assert await elsewhere(here.receive(channel)) == MESSAGE


async def test_groups_work_from_another_loop(pair: FixedCluster) -> None:
    here, end = pair.layers[0], pair.ends[0]
    channel = await here.new_channel()
    await elsewhere(here.group_add("g", channel))

    await elsewhere(here.group_send("g", MESSAGE))
    got = await asyncio.wait_for(here.receive(channel), 2)
    await elsewhere(here.group_discard("g", channel))

    assert got == MESSAGE
    assert end.memberships.groups_of(channel) == []


async def test_forgetting_works_from_another_loop(pair: FixedCluster) -> None:
    here, end = pair.layers[0], pair.ends[0]
    await here.send(await here.new_channel(), MESSAGE)

    await elsewhere(here.flush())

    assert len(end.mailboxes) == 0


async def test_a_callback_ends_with_its_places_in_groups(pair: FixedCluster) -> None:
    here, end = pair.layers[0], pair.ends[0]
    channel, got = name_of(1, 2), list[dict[str, Any]]()
    here.subscribe(channel, got.append)
    await here.group_add("g", channel)
    end.deliver(("g",), b"\x00\x81\xa4type\xa1t")

    here.unsubscribe(channel)
    end.deliver(("g",), b"\x00\x81\xa4type\xa1t")

    assert got == [MESSAGE]
    assert end.memberships.groups_of(channel) == []


async def test_a_second_callback_is_refused(pair: FixedCluster) -> None:
    here = pair.layers[0]
    here.subscribe("c", lambda _: None)

    with pytest.raises(ValueError, match="has a callback already"):
        here.subscribe("c", lambda _: None)


async def test_a_message_that_is_too_long_is_refused(pair: FixedCluster) -> None:
    here, long = pair.layers[0], {"type": "t", "text": "x" * PAYLOAD_MAX_BYTES}

    with pytest.raises(MessageTooLong):
        await here.send("c", long)
    with pytest.raises(MessageTooLong):
        await here.group_send("g", long)


async def test_joining_goes_on_when_the_owner_does_not_answer(
    pair: FixedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, end = pair.layers[0], pair.ends[0]
    monkeypatch.setattr(layer, "ANSWER_WITHIN_S", 0.05)
    monkeypatch.setattr(end, "confirmed", lambda _: None)
    channel = await here.new_channel()

    await asyncio.wait_for(here.group_add(name_of(1, 2), channel), 1)

    assert end.memberships.groups_of(channel) == [name_of(1, 2)]


async def test_without_a_node_nothing_can_be_received(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "current", lambda: None)
    idle = SlotChannelLayer()

    for work in (idle.receive("c"), idle.send("c", MESSAGE), idle.new_channel(), idle.flush(), idle.start()):
        with pytest.raises(NotANode):
            await work
    with pytest.raises(NotANode):
        idle.subscribe("c", lambda _: None)


async def test_stopping_or_unsubscribing_what_never_ran_is_nothing() -> None:
    idle = SlotChannelLayer()

    idle.unsubscribe("c")
    await idle.stop()
    await idle.close()

    assert idle._local is None


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_a_process_without_a_node_sends_to_groups_as_a_guest(
    pair: FixedCluster, settings: Any, tmp_path: Any, host: str
) -> None:
    port = pair.ports[pair.nodes[0]]
    settings.IM_CLUSTER = {"folder": tmp_path, "keys": [SECRET], "name": "n", "host": host, "data_port": port}
    there, idle = pair.layers[1], SlotChannelLayer()
    channel = await there.new_channel()
    await there.group_add("g", channel)

    await idle.group_send("g", MESSAGE)
    await idle.group_send_many(["g", "g"], MESSAGE)
    await idle.group_send_many([], MESSAGE)

    got = [await asyncio.wait_for(there.receive(channel), 2) for _ in range(2)]
    assert MESSAGE in got
    assert {**MESSAGE, "groups": ["g"]} in got


@pytest.mark.parametrize(("host", "found"), [("::", "::1"), ("", "127.0.0.1"), ("im-1", "im-1")])
async def test_a_guest_finds_a_node_that_listens_anywhere_on_this_machine(
    settings: Any, tmp_path: Any, host: str, found: str
) -> None:
    settings.IM_CLUSTER = {"folder": tmp_path, "keys": [SECRET], "name": "n", "host": host, "data_port": 8003}

    guest = SlotChannelLayer()._as_guest()

    assert guest._addresses == [(found, 8003)]


async def test_the_layer_takes_the_seat_of_this_processs_node(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> None:
    node = CountingNode(NodeId(7))
    monkeypatch.setattr(services, "current", lambda: node)
    settings.IM_CLUSTER = {"folder": tmp_path, "keys": [SECRET], "name": "n"}
    own = SlotChannelLayer()

    port = await own.start()
    channel = await own.new_channel()
    await own.stop()

    assert port > 0
    assert node.count() == {}
    assert f"{7:016x}" in channel
