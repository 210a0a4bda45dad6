"""Data links over loopback: who dials, what is carried, and how a link ends and comes again."""

import asyncio
from contextlib import suppress

import pytest

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.runtime.datalink import BACKOFF_LEAST_MS, BACKOFF_MOST_MS, DataWire
from apps.cluster.runtime.sealing import Purpose, SealedStream
from tests.cluster.live import RING, until
from tests.cluster.runtime.ends import Clock, Make, call, linked


class TestLinks:
    async def test_the_smaller_node_dials_and_one_link_carries_both_ways_in_order(self, make: Make) -> None:
        one, two = await linked(make)

        for batch in (b"a", b"b"):
            one.links.write(two.node, batch)
            two.links.write(one.node, batch)
        await one.hears(two.node, b"b")
        await two.hears(one.node, b"b")

        assert one.told == [("up", 2), (2, b"a"), (2, b"b")]
        assert two.told == [("up", 1), (1, b"a"), (1, b"b")]

    async def test_nobody_is_dialled_before_it_is_known_who_this_is(self, make: Make) -> None:
        one = await make(1)

        one.links.tick()

        assert one.links.me is None
        assert one.links.is_congested(NodeId(2))

    async def test_a_node_that_does_not_know_yet_who_it_is_accepts_nobody(self, make: Make) -> None:
        one, two = await make(1), await make(2)

        one.keep(two)
        await until(lambda: two.links.counters["refused_purpose"])

        assert one.told == two.told == []

    async def test_what_is_written_without_a_link_is_lost_and_batches_should_wait(self, make: Make) -> None:
        one, two = await make(1), await make(2)

        one.links.write(two.node, b"lost")
        waits = one.links.is_congested(two.node)
        two.keep(one)
        one.keep(two)
        await two.hears("up", one.node)
        one.links.write(two.node, b"a")
        await two.hears(one.node, b"a")

        assert waits
        assert not one.links.is_congested(two.node)
        assert (one.node, b"lost") not in two.told

    async def test_a_link_that_was_ended_goes_down_at_both_ends_and_comes_again(self, make: Make) -> None:
        one, two = await linked(make)

        two.links.close(one.node)
        await one.hears("down", two.node)
        one.links.tick()
        await until(lambda: one.told.count(("up", two.node)) == 2)

        assert one.told == [("up", 2), ("down", 2), ("up", 2)]
        await until(lambda: two.told == [("up", 1), ("down", 1), ("up", 1)])

    async def test_a_node_that_is_none_of_those_to_keep_loses_its_link_for_good(self, make: Make) -> None:
        one, two = await linked(make)

        one.keep()
        one.links.tick()
        await two.hears("down", one.node)

        assert one.told == [("up", 2), ("down", 2)]
        assert one.links.is_congested(two.node)

    async def test_a_fresh_link_of_the_same_node_replaces_the_older_one(self, make: Make) -> None:
        one, two = await linked(make)

        younger = await call(two, 1, Purpose.DATA)
        await until(lambda: two.links.counters["replaced"])
        younger.say(b"a")
        await two.hears(one.node, b"a")

        assert two.told == [("up", 1), ("down", 1), ("up", 1), (1, b"a")]
        await one.hears("down", two.node)

    async def test_stopping_ends_links_without_a_word_to_the_own_receiver(self, make: Make) -> None:
        one, two = await linked(make)

        await one.links.stop()
        await two.hears("down", one.node)

        assert one.told == [("up", 2)]

    async def test_a_congested_link_says_when_it_takes_batches_again(self, make: Make) -> None:
        one, two = await linked(make)
        wire = one.links._links[two.node]

        wire.pause_writing()
        waits = one.links.is_congested(two.node)
        wire.resume_writing()

        assert waits
        assert not one.links.is_congested(two.node)
        assert one.told[-1] == ("writable", 2)

    async def test_what_became_no_link_tells_nobody_that_it_has_caught_up(self, make: Make, clock: Clock) -> None:
        one = await make(1)
        wire = DataWire(one.links, SealedStream.dial(RING, one.me, Purpose.DATA), clock())

        wire.pause_writing()
        wire.resume_writing()

        assert not wire.congested
        assert wire.peer == NO_NODE
        assert one.told == []


class TestDialling:
    async def test_failed_dials_wait_twice_as_long_each_time_up_to_a_bound(self, make: Make, clock: Clock) -> None:
        one, two = await make(1), await make(2)
        await two.links.stop()
        waits = []

        one.keep(two)
        target = one.links._targets[two.node]
        for _ in range(8):
            await until(lambda: target.dialling is None)
            waits.append(target.next_ms - clock.now_ms)
            clock.now_ms = target.next_ms - 1
            one.links.tick()
            assert target.dialling is None
            clock.now_ms += 1
            one.links.tick()
            assert target.dialling is not None

        steps = [min(BACKOFF_LEAST_MS << number, BACKOFF_MOST_MS) for number in range(8)]
        assert all(step // 2 <= wait <= step for wait, step in zip(waits, steps, strict=True))
        assert target.wait_ms == BACKOFF_MOST_MS

    async def test_a_node_with_another_address_is_dialled_there_at_once(self, make: Make) -> None:
        one, gone, two = await make(1), await make(2), await make(2)
        await gone.links.stop()
        one.keep(gone)
        two.keep(one)
        await until(lambda: one.links._targets[two.node].dialling is None)

        one.keep(two)
        await one.hears("up", two.node)

        assert one.links._targets[two.node].wait_ms == BACKOFF_LEAST_MS

    @pytest.mark.parametrize("how", ["unwanted", "stopped"])
    async def test_a_dial_under_way_is_given_up_with_its_connection(self, make: Make, how: str) -> None:
        one, two = await make(1), await make(2)
        met: asyncio.Queue[asyncio.StreamReader] = asyncio.Queue()
        silent = await asyncio.start_server(lambda reader, _: met.put_nowait(reader), "127.0.0.1", 0)
        two.address = silent.sockets[0].getsockname()
        one.keep(two)
        reader = await met.get()
        await reader.readexactly(4)

        if how == "unwanted":
            one.keep()
        else:
            await one.links.stop()

        async with asyncio.timeout(5):
            with suppress(ConnectionError):  # cut off rather than ended
                await reader.read()
        silent.close()
        assert one.told == []
