"""Who may not use the data port, or no longer: strangers, nodes that do not keep to the rules, and guests."""

import asyncio

import pytest

from apps.cluster.runtime import datalink as module
from apps.cluster.runtime.datalink import HANDSHAKE_MS
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.sealing import Purpose
from tests.cluster.live import until
from tests.cluster.runtime.ends import Clock, Make, call, linked


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

    async def test_a_crowd_of_strangers_keeps_nobody_out(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "STRANGERS_MAX", 1)
        one = await make(1)
        one.keep()
        reader, stranger = await asyncio.open_connection(*one.address)
        await until(lambda: one.links._accepted)

        guest = await call(one)
        guest.say(b"a")

        assert await guest.answer() == b"taken: a"
        assert await reader.read() == b""
        assert one.links.counters["refused_crowd"] == 1
        stranger.close()


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

    async def test_a_guest_that_never_reads_its_answers_is_cut_off(self, make: Make) -> None:
        questions = 200
        one = await make(1)
        one.answer = bytes(500_000)
        one.keep()
        guest = await call(one)

        for _ in range(questions):
            guest.say(b"a")
        await until(lambda: one.links.counters["refused_unread"])

        assert one.answered < questions
        assert await guest.is_cut_off()
        other = await call(one)
        other.say(b"a")
        assert await other.answer() == one.answer
