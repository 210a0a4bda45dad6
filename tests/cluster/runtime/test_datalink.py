"""Data links over loopback: who dials, what is carried, who is refused, and how a link ends and comes again."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from apps.cluster.core.gossip import Address
from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.runtime import datalink as module
from apps.cluster.runtime.datalink import BACKOFF_LEAST_MS, BACKOFF_MOST_MS, HANDSHAKE_MS, DataLinks, DataWire, Refused
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.sealing import Party, Purpose, SealedStream
from tests.cluster.live import RING, until

CLUSTER = "c"


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.now_ms = 0

    def __call__(self) -> int:
        return self.now_ms


class End:
    """One node's links, and what its receiver was told. A batch `bad` is refused."""

    def __init__(self, node: int, clock: Clock, ring: KeyRing = RING, cluster_id: str = CLUSTER) -> None:
        self.me = Party(NodeId(node), cluster_id)
        self.node = self.me.node
        self.told: list[tuple[Any, ...]] = []
        self.links = DataLinks(ring, self, clock_ms=clock, rng=random.Random(1))
        self.address: Address = ("127.0.0.1", 0)

    def link_up(self, node: NodeId) -> None:
        self.told.append(("up", node))

    def link_down(self, node: NodeId) -> None:
        self.told.append(("down", node))

    def received(self, node: NodeId, batch: bytes) -> None:
        if batch == b"bad":
            raise Refused
        self.told.append((node, batch))

    def writable(self, node: NodeId) -> None:
        self.told.append(("writable", node))

    def guest_received(self, batch: bytes) -> bytes:
        if batch == b"bad":
            raise Refused
        return b"taken: " + batch

    def keep(self, *others: "End") -> None:
        self.links.set_nodes(self.me, {other.node: other.address for other in others})

    async def hears(self, *news: Any) -> None:
        await until(lambda: news in self.told)


Make = Callable[..., Awaitable[End]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def make(clock: Clock) -> AsyncIterator[Make]:
    ends: list[End] = []

    async def start(node: int, **options: Any) -> End:
        end = End(node, clock, **options)
        end.address = ("127.0.0.1", await end.links.start(*end.address))
        ends.append(end)
        return end

    yield start
    for end in ends:
        await end.links.stop()


async def linked(make: Make) -> tuple[End, End]:
    """Nodes 1 and 2 with a link between them."""
    one, two = await make(1), await make(2)
    two.keep(one)
    one.keep(two)
    await one.hears("up", two.node)
    await two.hears("up", one.node)
    return one, two


class Caller:
    """A connection of our own to an end's port, after its handshake."""

    def __init__(self, stream: SealedStream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.stream, self.reader, self.writer = stream, reader, writer

    def say(self, batch: bytes) -> None:
        self.writer.write(self.stream.seal(batch))

    async def answer(self) -> bytes:
        async with asyncio.timeout(5):
            while not (batches := self.stream.receive(await self.reader.read(4_096))):
                assert not self.reader.at_eof()
        return batches[0]

    async def is_cut_off(self) -> bool:
        async with asyncio.timeout(5):
            with suppress(ConnectionError):
                while await self.reader.read(4_096):
                    pass
        return True


async def call(end: End, node: int = NO_NODE, purpose: Purpose = Purpose.GUEST, ring: KeyRing = RING) -> Caller:
    stream = SealedStream.dial(ring, Party(NodeId(node), CLUSTER), purpose)
    reader, writer = await asyncio.open_connection(*end.address)
    writer.write(stream.outgoing())
    with suppress(ConnectionError):  # refused: the test asks whether it was
        stream.receive(await reader.read(4_096))
        writer.write(stream.outgoing())
    return Caller(stream, reader, writer)


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


class TestStrangers:
    async def test_who_has_another_key_is_refused(self, make: Make) -> None:
        one, two = await make(1, ring=KeyRing(["a key from elsewhere"])), await make(2)
        two.keep(one)

        one.keep(two)
        await until(lambda: two.links.counters["refused_key"])

        assert one.told == two.told == []

    async def test_a_node_of_another_cluster_is_refused(self, make: Make) -> None:
        one, two = await make(1, cluster_id="other"), await make(2)
        two.keep(one)

        one.keep(two)
        await until(lambda: two.links.counters["refused_cluster"])

        assert one.told == two.told == []

    async def test_a_larger_node_may_not_dial_a_smaller_one(self, make: Make) -> None:
        one = await make(1)
        one.keep()

        caller = await call(one, 2, Purpose.DATA)

        assert await caller.is_cut_off()
        assert one.links.counters["refused_direction"] == 1
        assert one.told == []

    async def test_noise_is_refused_and_what_follows_it_is_not_read(self, make: Make) -> None:
        one, two = await linked(make)
        wire = two.links._links[one.node]

        wire.data_received(bytes(64))
        wire.data_received(bytes(64))
        await one.hears("down", two.node)

        assert two.links.counters["refused_forged"] == 1

    async def test_a_batch_that_is_refused_ends_its_link_and_the_rest_with_it(self, make: Make) -> None:
        one, two = await linked(make)

        one.links.write(two.node, b"bad")
        one.links.write(two.node, b"after")
        await two.hears("down", one.node)

        assert two.told == [("up", 1), ("down", 1)]
        assert two.links.counters["refused_batch"] == 1

    async def test_a_handshake_may_take_its_time_and_not_longer(self, make: Make, clock: Clock) -> None:
        one = await make(1)
        one.keep()
        _, writer = await asyncio.open_connection(*one.address)
        await until(lambda: one.links._accepted)

        clock.now_ms = HANDSHAKE_MS - 1
        one.links.tick()
        before = one.links.counters.total()
        clock.now_ms = HANDSHAKE_MS
        one.links.tick()
        await until(lambda: not one.links._accepted)

        assert before == 0
        assert one.links.counters["refused_handshake_timeout"] == 1
        writer.close()

    async def test_more_strangers_than_the_bound_are_turned_away(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "STRANGERS_MAX", 1)
        one = await make(1)
        one.keep()
        _, first = await asyncio.open_connection(*one.address)
        await until(lambda: one.links._accepted)

        _, second = await asyncio.open_connection(*one.address)
        await until(lambda: one.links.counters["strangers_refused"])
        first.close()
        await until(lambda: not one.links._accepted)
        guest = await call(one)
        guest.say(b"a")

        assert await guest.answer() == b"taken: a"
        second.close()


class TestGuests:
    async def test_a_guest_gets_an_answer_to_each_batch_and_is_no_link(self, make: Make) -> None:
        one = await make(1)
        one.keep()
        guest = await call(one)

        guest.say(b"a")
        first = await guest.answer()
        guest.say(b"b")
        second = await guest.answer()

        assert (first, second) == (b"taken: a", b"taken: b")
        assert one.told == []

    async def test_a_guest_that_sends_what_is_refused_is_cut_off(self, make: Make) -> None:
        one = await make(1)
        one.keep()
        guest = await call(one)

        guest.say(b"bad")

        assert await guest.is_cut_off()
        assert one.links.counters["refused_batch"] == 1

    async def test_more_guests_than_the_bound_are_turned_away(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "GUESTS_MAX", 1)
        one = await make(1)
        one.keep()
        first = await call(one)
        first.say(b"a")
        await first.answer()

        second = await call(one)

        assert await second.is_cut_off()
        assert one.links.counters["refused_guests"] == 1
        first.say(b"b")
        assert await first.answer() == b"taken: b"
