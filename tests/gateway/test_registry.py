"""The node's registry: who is told, and one group membership per user."""

import asyncio
import logging
from typing import Any
from uuid import UUID

import pytest
from channels.layers import InMemoryChannelLayer

from apps.events.publish import NODES, TENANTS, Delivery, user_group
from apps.gateway import registry as module
from apps.gateway.registry import Registry
from apps.gateway.texts import SharedText
from tests.gateway.peers import ALICE, BOB, LAPTOP, ROOM, CountingLayer, Peer, event, send


class TestGaps:
    async def test_whoever_repairs_them_is_told(self, registry: Registry) -> None:
        told: list[Any] = []
        registry.on_gap = lambda groups, since_ms: told.append((groups, since_ms))

        registry.deliver({"type": "gap", "groups": ["user.1"], "since_ms": 5})
        registry.deliver({"type": "gap", "groups": None, "since_ms": 6})

        assert told == [(["user.1"], 5), (None, 6)]

    async def test_one_that_nobody_repairs_is_logged(
        self, registry: Registry, caplog: pytest.LogCaptureFixture
    ) -> None:
        registry.deliver({"type": "gap", "groups": None, "since_ms": 6})

        assert "nobody repairs a gap of all groups" in caplog.text

    async def test_groups_and_sessions_of_this_node_are_known(self, registry: Registry) -> None:
        peer = Peer(registry)
        await registry.join(peer, ALICE)

        assert registry.known(None) == [user_group(ALICE)]
        assert registry.known([user_group(BOB), user_group(ALICE)]) == [user_group(ALICE)]
        assert registry.sessions(user_group(ALICE)) == (peer,)
        assert registry.sessions(user_group(BOB)) == ()


class TestDelivering:
    async def test_every_session_of_the_user_is_told(self, registry: Registry, layer: CountingLayer) -> None:
        phone, laptop, other = Peer(registry), Peer(registry), Peer(registry)
        await registry.join(phone, ALICE)
        await registry.join(laptop, ALICE)
        await registry.join(other, BOB)

        await send(layer, [ALICE], event())

        assert phone.frames == laptop.frames == [(ROOM, 1, "frame 1")]
        assert other.frames == []

    async def test_several_sessions_share_one_frame(self, registry: Registry, layer: CountingLayer) -> None:
        peers = [Peer(registry) for _ in range(3)]
        for peer in peers:
            await registry.join(peer, ALICE)

        await send(layer, [ALICE], event())

        frames = [frame for peer in peers for _, _, frame in peer.frames]
        assert [type(frame) for frame in frames] == [SharedText] * 3
        assert frames[0] is frames[1] is frames[2]

    async def test_the_session_it_came_from_is_left_out(self, registry: Registry, layer: CountingLayer) -> None:
        sender, other = Peer(registry), Peer(registry)
        for peer in (sender, other):
            await registry.join(peer, ALICE)

        await send(layer, [ALICE], event(origin=sender.session_id))

        assert (sender.frames, other.frames) == ([], [(ROOM, 1, "frame 1")])

    async def test_all_members_of_a_conversation_are_told_by_one_message(
        self, registry: Registry, layer: CountingLayer
    ) -> None:
        alice, bob = Peer(registry), Peer(registry)
        await registry.join(alice, ALICE)
        await registry.join(bob, BOB)

        await send(layer, [ALICE, BOB], event())

        assert len(alice.frames) == len(bob.frames) == 1

    async def test_a_frame_without_conversation_is_passed_on_as_such(
        self, registry: Registry, layer: CountingLayer
    ) -> None:
        peer = Peer(registry)
        await registry.join(peer, ALICE)

        await send(layer, [ALICE], Delivery(frame="news"))

        assert peer.frames == [(None, 0, "news")]

    async def test_one_failing_session_keeps_nobody_else_from_the_frame(
        self, registry: Registry, layer: CountingLayer, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken, sound = Peer(registry), Peer(registry)
        broken.push = lambda *arguments: 1 // 0  # type: ignore[method-assign,assignment]
        for peer in (broken, sound):
            await registry.join(peer, ALICE)

        with caplog.at_level(logging.ERROR):
            await send(layer, [ALICE], event())

        assert sound.frames == [(ROOM, 1, "frame 1")]
        assert "a session failed" in caplog.text

    async def test_messages_of_other_kinds_are_ignored(self, registry: Registry, layer: CountingLayer) -> None:
        peer = Peer(registry)
        await registry.join(peer, ALICE)

        await layer.send(registry.channel, {"type": "from.a.later.version"})

        assert (peer.frames, peer.said) == ([], [])

    async def test_layers_without_callbacks_are_read_by_one_loop(self) -> None:
        layer = InMemoryChannelLayer()
        registry = Registry("n2", layer)
        await registry.start()
        peer = Peer(registry)
        await registry.join(peer, ALICE)

        await layer.group_send(user_group(ALICE), event().to_message() | {"groups": [user_group(ALICE)]})
        async with asyncio.timeout(60):
            while not peer.frames:  # noqa: ASYNC110 - the layer offers nothing to wait for
                await asyncio.sleep(0)

        assert peer.frames == [(ROOM, 1, "frame 1")]
        await registry.stop(within_s=1)

    async def test_a_loop_that_fails_to_receive_tries_again(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(module, "RECEIVE_RETRY_S", 0)
        arrived = asyncio.Event()

        class Flaky:
            calls = 0

            async def receive(self, channel: str) -> dict[str, Any]:
                self.calls += 1
                if self.calls == 1:
                    raise OSError("the link is down")
                arrived.set()
                await asyncio.Event().wait()
                raise AssertionError

        registry = Registry("n3", Flaky())

        with caplog.at_level(logging.ERROR):
            await registry.start()
            await asyncio.wait_for(arrived.wait(), 2)

        assert "the link is down" in caplog.text
        await registry.stop(within_s=1)

    async def test_without_a_layer_sessions_live_all_the_same(self) -> None:
        registry = Registry("n4", None)
        await registry.start()
        peer = Peer(registry)

        await registry.join(peer, ALICE)
        await registry.leave(peer, ALICE)
        await registry.stop(within_s=1)

        assert peer.said == ["restart"]


class TestMembership:
    async def test_the_layer_hears_of_the_first_and_the_last_session_only(
        self, registry: Registry, layer: CountingLayer
    ) -> None:
        phone, laptop = Peer(registry), Peer(registry)

        for peer in (phone, laptop):
            await registry.join(peer, ALICE)
        for peer in (phone, laptop):
            await registry.leave(peer, ALICE)

        assert layer.changes == ["add", "discard"]

    async def test_who_left_is_told_nothing_more(self, registry: Registry, layer: CountingLayer) -> None:
        peer = Peer(registry)
        await registry.join(peer, ALICE)
        await registry.leave(peer, ALICE)

        await send(layer, [ALICE], event())

        assert peer.frames == []

    async def test_leaving_twice_is_nothing(self, registry: Registry, layer: CountingLayer) -> None:
        peer, other = Peer(registry), Peer(registry)
        await registry.join(peer, ALICE)
        await registry.join(other, ALICE)
        await registry.leave(peer, ALICE)
        await registry.leave(peer, ALICE)

        await send(layer, [ALICE], event())

        assert (peer.frames, other.frames) == ([], [(ROOM, 1, "frame 1")])

    async def test_coming_and_going_at_once_ends_in_agreement(self, registry: Registry, layer: CountingLayer) -> None:
        stays = Peer(registry)
        hasty = [Peer(registry) for _ in range(20)]

        async def come_and_go(peer: Peer) -> None:
            await registry.join(peer, ALICE)
            await registry.leave(peer, ALICE)

        await asyncio.gather(*(come_and_go(peer) for peer in hasty), registry.join(stays, ALICE))
        await send(layer, [ALICE], event())

        assert stays.frames == [(ROOM, 1, "frame 1")]

    async def test_session_names_are_unique(self, registry: Registry) -> None:
        assert len({registry.next_session_id() for _ in range(100)}) == 100


class TestRevoking:
    async def revoke(self, layer: CountingLayer, terminal: UUID | None) -> None:
        message = {"type": "revoke", "terminal": terminal.hex if terminal else ""}
        await layer.group_send_many([user_group(ALICE)], message)

    async def test_ends_every_session_of_the_user(self, registry: Registry, layer: CountingLayer) -> None:
        phone, laptop, other = Peer(registry), Peer(registry, terminal=LAPTOP), Peer(registry)
        await registry.join(phone, ALICE)
        await registry.join(laptop, ALICE)
        await registry.join(other, BOB)

        await self.revoke(layer, None)

        assert (phone.said, laptop.said, other.said) == (["revoke"], ["revoke"], [])

    async def test_ends_the_sessions_of_one_terminal(self, registry: Registry, layer: CountingLayer) -> None:
        phone, laptop = Peer(registry), Peer(registry, terminal=LAPTOP)
        for peer in (phone, laptop):
            await registry.join(peer, ALICE)

        await self.revoke(layer, LAPTOP)

        assert (phone.said, laptop.said) == ([], ["revoke"])


async def test_what_concerns_every_node_is_heard_once_it_is_asked_for() -> None:
    layer = CountingLayer()
    registry = Registry("n", layer)
    heard = asyncio.Event()
    registry.on_tenants = heard.set
    await registry.start()

    await registry.hear_what_concerns_nodes()
    await registry.hear_what_concerns_nodes()
    await layer.group_send(NODES, {"type": TENANTS})

    await asyncio.wait_for(heard.wait(), 5)
    assert layer.changes == ["add"]
    await registry.stop(within_s=0)
    assert layer.changes == ["add", "discard"]
