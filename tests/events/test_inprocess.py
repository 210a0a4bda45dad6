"""What the in-process layer has beyond the contract: expiry by its clock, callbacks, many groups, other threads."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull

from apps.common import mailboxes
from apps.events.inprocess import InProcessLayer
from tests.clock import Clock

Message = dict[str, Any]


@pytest.fixture
def layer(clock: Clock) -> InProcessLayer:
    return InProcessLayer(expiry=60, group_expiry=1000, clock=clock)


@pytest.fixture
def foreign_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def in_thread(work: Any) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


class TestExpiry:
    async def test_a_message_nobody_fetched_in_time_is_dropped(self, layer: InProcessLayer, clock: Clock) -> None:
        await layer.send("room", {"type": "old"})
        clock.now = 60
        await layer.send("room", {"type": "young"})

        assert (await layer.receive("room"))["type"] == "young"

    async def test_expired_messages_make_room(self, clock: Clock) -> None:
        layer = InProcessLayer(expiry=60, capacity=1, clock=clock)
        await layer.send("room", {"type": "old"})
        clock.now = 60

        await layer.send("room", {"type": "young"})

        assert (await layer.receive("room"))["type"] == "young"

    async def test_a_channel_that_nobody_reads_falls_out_of_its_groups(
        self, layer: InProcessLayer, clock: Clock
    ) -> None:
        await layer.group_add("group", "dead")
        await layer.group_send("group", {"type": "t"})
        clock.now = 61
        await layer.send("other", {"type": "sweeps"})

        await layer.group_send("group", {"type": "t"})
        await layer.send("dead", {"type": "mark"})

        assert (await layer.receive("dead"))["type"] == "mark"

    async def test_membership_ends_after_its_time_unless_renewed(self, layer: InProcessLayer, clock: Clock) -> None:
        for channel in ("stays", "goes"):
            await layer.group_add("group", channel)
        clock.now = 900
        await layer.group_add("group", "stays")
        clock.now = 1000

        await layer.group_send("group", {"type": "t"})
        await layer.send("goes", {"type": "mark"})

        assert (await layer.receive("stays"))["type"] == "t"
        assert (await layer.receive("goes"))["type"] == "mark"

    async def test_a_channel_with_a_callback_stays_for_ever(self, layer: InProcessLayer, clock: Clock) -> None:
        got: list[Message] = []
        layer.subscribe("node", got.append)
        await layer.group_add("group", "node")
        clock.now = 10**6

        await layer.group_send("group", {"type": "t"})

        assert got == [{"type": "t"}]

    async def test_capacity_may_differ_by_channel(self, clock: Clock) -> None:
        layer = InProcessLayer(capacity=5, channel_capacity={"small.*": 1}, clock=clock)
        await layer.send("small.one", {"type": "t"})

        with pytest.raises(ChannelFull):
            await layer.send("small.one", {"type": "t"})

    async def test_nothing_is_left_of_channels_that_were_read(self, layer: InProcessLayer, clock: Clock) -> None:
        for number in range(10):
            await layer.send(f"room.{number}", {"type": "t"})
            await layer.receive(f"room.{number}")

        assert len(layer._mailboxes) == 0


class TestCallbacks:
    async def test_a_message_is_handed_over_before_send_returns(self, layer: InProcessLayer) -> None:
        got: list[Message] = []
        layer.subscribe("node", got.append)

        await layer.send("node", {"type": "t"})

        assert got == [{"type": "t"}]

    async def test_messages_that_waited_come_first(self, layer: InProcessLayer) -> None:
        got: list[Message] = []
        await layer.send("node", {"type": "early"})

        layer.subscribe("node", got.append)
        await layer.send("node", {"type": "late"})

        assert [message["type"] for message in got] == ["early", "late"]

    async def test_a_failing_callback_hurts_neither_sender_nor_others(
        self, layer: InProcessLayer, caplog: pytest.LogCaptureFixture
    ) -> None:
        got: list[Message] = []

        def fail(message: Message) -> None:
            raise RuntimeError("broken")

        layer.subscribe("broken", fail)
        layer.subscribe("sound", got.append)
        for channel in ("broken", "sound"):
            await layer.group_add("group", channel)

        with caplog.at_level(logging.ERROR):
            await layer.group_send("group", {"type": "t"})

        assert got == [{"type": "t"}]
        assert "callback of a channel failed" in caplog.text

    async def test_one_channel_has_one_callback(self, layer: InProcessLayer) -> None:
        layer.subscribe("node", print)

        with pytest.raises(ValueError, match="node has a callback"):
            layer.subscribe("node", print)

    async def test_a_callback_of_a_loop_that_ended_is_replaced(self, layer: InProcessLayer) -> None:
        async def subscribe() -> None:
            layer.subscribe("node", print)

        in_thread(lambda: asyncio.run(subscribe()))
        got: list[Message] = []

        layer.subscribe("node", got.append)
        await layer.send("node", {"type": "t"})

        assert got == [{"type": "t"}]

    async def test_a_message_for_a_loop_that_ended_is_refused(self, layer: InProcessLayer) -> None:
        async def subscribe() -> None:
            layer.subscribe("node", print)

        in_thread(lambda: asyncio.run(subscribe()))

        with pytest.raises(ChannelFull):
            await layer.send("node", {"type": "t"})

    async def test_unsubscribing_leaves_the_groups(self, layer: InProcessLayer) -> None:
        got: list[Message] = []
        layer.subscribe("node", got.append)
        await layer.group_add("group", "node")

        layer.unsubscribe("node")
        await layer.group_send("group", {"type": "t"})

        assert got == []
        assert len(layer._groups) == 0


class TestManyGroups:
    async def test_a_channel_in_several_gets_one_message_that_names_them(self, layer: InProcessLayer) -> None:
        got: list[Message] = []
        layer.subscribe("node", got.append)
        for group in ("a", "b", "c"):
            await layer.group_add(group, "node")
        await layer.group_add("b", "queue")

        await layer.group_send_many(["a", "b", "unknown"], {"type": "t"})

        assert got == [{"type": "t", "groups": ["a", "b"]}]
        assert await layer.receive("queue") == {"type": "t", "groups": ["b"]}

    async def test_wrong_names_are_refused(self, layer: InProcessLayer) -> None:
        with pytest.raises(TypeError):
            await layer.group_send_many(["not a name"], {"type": "t"})


class TestOtherThreads:
    async def test_a_callback_is_called_in_its_own_loop(self, layer: InProcessLayer) -> None:
        arrived = asyncio.Event()
        threads: list[int] = []

        def note(message: Message) -> None:
            threads.append(threading.get_ident())
            arrived.set()

        layer.subscribe("node", note)
        in_thread(lambda: async_to_sync(layer.send)("node", {"type": "t"}))
        await asyncio.wait_for(arrived.wait(), 2)

        assert threads == [threading.get_ident()]

    async def test_order_is_kept(self, layer: InProcessLayer) -> None:
        got: list[int] = []
        done = asyncio.Event()

        def note(message: Message) -> None:
            got.append(message["number"])
            if len(got) == 100:
                done.set()

        layer.subscribe("node", note)

        async def send_all() -> None:
            for number in range(100):
                await layer.send("node", {"type": "t", "number": number})

        in_thread(lambda: asyncio.run(send_all()))
        await asyncio.wait_for(done.wait(), 2)

        assert got == list(range(100))

    async def test_a_loop_too_far_behind_loses_the_next_and_the_sender_knows(
        self, layer: InProcessLayer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(mailboxes, "CALLBACK_CAPACITY", 2)
        got: list[Message] = []
        layer.subscribe("node", got.append)
        refused: list[int] = []

        async def flood() -> None:
            for number in range(3):
                try:
                    await layer.send("node", {"type": "t", "number": number})
                except ChannelFull:
                    refused.append(number)

        in_thread(lambda: asyncio.run(flood()))
        await asyncio.sleep(0)

        assert [message["number"] for message in got] == [0, 1]
        assert refused == [2]

    async def test_a_receiver_in_another_loop_is_woken(
        self, layer: InProcessLayer, foreign_loop: asyncio.AbstractEventLoop
    ) -> None:
        receiving = asyncio.run_coroutine_threadsafe(layer.receive("room"), foreign_loop)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), foreign_loop).result(60)  # by now the receiver waits

        await layer.send("room", {"type": "t"})

        assert await asyncio.wait_for(asyncio.wrap_future(receiving), 2) == {"type": "t"}

    async def test_a_message_is_not_lost_with_a_receiver_cancelled_after_it_was_woken(
        self, layer: InProcessLayer
    ) -> None:
        first, second = (asyncio.create_task(layer.receive("room")) for _ in range(2))
        await asyncio.sleep(0)

        await layer.send("room", {"type": "t"})
        first.cancel()

        assert await asyncio.wait_for(second, 60) == {"type": "t"}
        assert len(layer._mailboxes) == 0
