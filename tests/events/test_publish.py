"""Publishing: after the commit, from wherever, and never at the cost of what is committed."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from channels.db import database_sync_to_async
from channels.layers import InMemoryChannelLayer, channel_layers
from django.db import transaction

from apps.events import publish as door
from apps.events.inprocess import InProcessLayer
from apps.events.publish import (
    NODES,
    REVOKE,
    TENANTS,
    Delivery,
    Why,
    bind_loop,
    publish,
    publish_on_commit,
    revoke_on_commit,
    tell_tenants_changed,
    user_group,
)
from tests.metrics.measured import Measured

USER = UUID(int=5)
GROUP = user_group(USER)
DELIVERY = Delivery(frame='{"op":"event"}', conversation=UUID(int=6).hex, seq=3, origin="node.1")
Use = Callable[[Any], Any]


@pytest.fixture
def use() -> Iterator[Use]:
    """Make a layer the project's, until the test ends."""
    before = channel_layers.backends.get("default")

    def set_layer(layer: Any) -> Any:
        channel_layers.set("default", layer)
        return layer

    yield set_layer
    bind_loop(None)
    if before is None:
        channel_layers.backends.pop("default", None)
    else:
        channel_layers.set("default", before)


def subscribed(layer: InProcessLayer) -> tuple[list[dict[str, Any]], asyncio.Event]:
    got: list[dict[str, Any]] = []
    arrived = asyncio.Event()

    def note(message: dict[str, Any]) -> None:
        got.append(message)
        arrived.set()

    layer.subscribe("node", note)
    return got, arrived


EXPECTED = {
    "type": "deliver",
    "frame": '{"op":"event"}',
    "conversation": UUID(int=6).hex,
    "seq": 3,
    "origin": "node.1",
    "groups": [GROUP],
}


class TestPublish:
    async def test_reaches_a_node_once_whatever_the_number_of_groups(self, use: Use) -> None:
        layer = use(InProcessLayer())
        got, _ = subscribed(layer)
        for group in (GROUP, "user.other"):
            await layer.group_add(group, "node")

        await publish([GROUP, "user.other"], DELIVERY)

        assert got == [EXPECTED | {"groups": [GROUP, "user.other"]}]

    async def test_layers_without_the_extension_get_a_message_per_group(self, use: Use) -> None:
        layer = use(InMemoryChannelLayer())
        for group in (GROUP, "user.other"):
            await layer.group_add(group, "node")

        await publish([GROUP, "user.other"], DELIVERY)

        assert [await layer.receive("node") for _ in range(2)] == [EXPECTED, EXPECTED | {"groups": ["user.other"]}]

    async def test_a_failing_layer_is_logged(self, use: Use, caplog: pytest.LogCaptureFixture) -> None:
        class Broken:
            async def group_send_many(self, groups: object, message: object) -> None:
                raise OSError("the link is down")

        use(Broken())

        measured = Measured()
        with caplog.at_level(logging.ERROR):
            await publish([GROUP], DELIVERY)

        assert "the link is down" in caplog.text
        assert measured.grown("im_fanout_failed_total") == 1

    async def test_for_how_many_it_is_is_measured(self, use: Use) -> None:
        use(InProcessLayer())
        measured = Measured()

        await publish([GROUP, "user.other"], DELIVERY)
        await publish([GROUP], Delivery(frame="{}"))

        assert measured.grown("im_fanout_groups", "event") == 1
        assert measured.grown("im_fanout_groups", "notice") == 1

    async def test_without_a_layer_or_groups_nothing_happens(self, use: Use, settings: Any) -> None:
        layer = use(InProcessLayer())
        got, _ = subscribed(layer)
        await publish([], DELIVERY)
        settings.CHANNEL_LAYERS = {}

        await publish([GROUP], DELIVERY)

        assert got == []


def commit_with(*actions: Callable[[], None]) -> None:
    with transaction.atomic():
        for action in actions:
            action()


@pytest.mark.django_db(transaction=True)
class TestOnCommit:
    async def test_a_worker_thread_reaches_the_nodes_loop_after_its_commit(self, use: Use) -> None:
        layer = use(InProcessLayer())
        got, arrived = subscribed(layer)
        await layer.group_add(GROUP, "node")
        bind_loop(asyncio.get_running_loop())
        before: list[int] = []

        def work() -> None:
            commit_with(lambda: publish_on_commit([GROUP], DELIVERY), lambda: before.append(len(got)))

        await database_sync_to_async(work)()
        await asyncio.wait_for(arrived.wait(), 2)

        assert before == [0]
        assert got == [EXPECTED]

    async def test_a_rollback_publishes_nothing(self, use: Use) -> None:
        layer = use(InProcessLayer())
        got, _ = subscribed(layer)
        await layer.group_add(GROUP, "node")

        def fail() -> None:
            raise RuntimeError("undo")

        def work() -> None:
            with pytest.raises(RuntimeError):
                commit_with(lambda: publish_on_commit([GROUP], DELIVERY), fail)

        await database_sync_to_async(work)()
        await publish([GROUP], Delivery(frame="mark"))

        assert [message["frame"] for message in got] == ["mark"]

    def test_a_process_without_a_node_hands_it_to_the_layer(self, use: Use) -> None:
        layer = use(InMemoryChannelLayer())
        asyncio.run(layer.group_add(GROUP, "node"))

        commit_with(lambda: publish_on_commit([GROUP], DELIVERY))

        assert asyncio.run(layer.receive("node")) == EXPECTED

    def test_a_loop_that_ended_is_no_obstacle(self, use: Use) -> None:
        layer = use(InMemoryChannelLayer())
        asyncio.run(layer.group_add(GROUP, "node"))
        ended = asyncio.new_event_loop()
        bind_loop(ended)
        ended.close()

        commit_with(lambda: publish_on_commit([GROUP], DELIVERY))

        assert asyncio.run(layer.receive("node")) == EXPECTED

    async def test_called_on_a_loop_it_does_not_block_it(self, use: Use) -> None:
        layer = use(InProcessLayer())
        got, arrived = subscribed(layer)
        await layer.group_add(GROUP, "node")

        door._send_from_anywhere([GROUP], DELIVERY.to_message())
        await asyncio.wait_for(arrived.wait(), 2)

        assert got == [EXPECTED]

    async def test_a_revocation_names_user_and_terminal(self, use: Use) -> None:
        layer = use(InProcessLayer())
        got, arrived = subscribed(layer)
        await layer.group_add(GROUP, "node")
        bind_loop(asyncio.get_running_loop())

        await database_sync_to_async(commit_with)(
            lambda: revoke_on_commit(USER),
            lambda: revoke_on_commit(USER, terminal_id=UUID(int=9), why=Why.DISPLACED, details={"at": 1}),
        )
        while len(got) < 2:
            arrived.clear()
            await asyncio.wait_for(arrived.wait(), 2)

        assert got == [
            {"type": REVOKE, "terminal": "", "why": "revoked", "details": {}, "groups": [GROUP]},
            {
                "type": REVOKE,
                "terminal": UUID(int=9).hex,
                "why": "displaced",
                "details": {"at": 1},
                "groups": [GROUP],
            },
        ]


def test_the_group_of_a_user_is_a_valid_name() -> None:
    assert InProcessLayer().require_valid_group_name(GROUP)
    assert f"user.{USER.hex}" == GROUP


@pytest.mark.django_db(transaction=True)
async def test_nodes_are_told_that_tenants_changed(use: Use) -> None:
    layer = use(InProcessLayer())
    got, arrived = subscribed(layer)
    await layer.group_add(NODES, "node")

    await database_sync_to_async(tell_tenants_changed)()

    await asyncio.wait_for(arrived.wait(), 5)
    assert got == [{"type": TENANTS, "groups": [NODES]}]
