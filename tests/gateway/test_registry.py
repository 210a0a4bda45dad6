"""The node's registry: who is told, one group membership per user, one clock, and the end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from channels.layers import InMemoryChannelLayer

from apps.events.inprocess import InProcessLayer
from apps.events.publish import NODES, TENANTS, Delivery, Why, user_group
from apps.gateway import registry as module
from apps.gateway.registry import Registry
from apps.gateway.texts import SharedText

ALICE, BOB = UUID(int=1), UUID(int=2)
ROOM = UUID(int=9)
PHONE, LAPTOP = UUID(int=11), UUID(int=12)


class Peer:
    """A connection that notes what it is told."""

    opened_ms = 0

    def __init__(self, registry: Registry, *, terminal: UUID = PHONE, stubborn: bool = False) -> None:
        self.slot = 0
        self.next_due_ms = 0
        self.session_id = registry.next_session_id()
        self.terminal: UUID | None = terminal
        self.owner: tuple[UUID, UUID] | None = None
        self.frames: list[Any] = []
        self.ticks: list[int] = []
        self.said: list[str] = []
        self._registry = registry
        self._stubborn = stubborn
        registry.add(self)

    def push(self, conversation: UUID | None, seq: int, frame: str, time_ms: int) -> None:
        self.frames.append((conversation, seq, frame))

    def tell_changed(self, conversation: UUID, seq: int) -> None:
        self.frames.append((conversation, seq))

    def tick(self, time_ms: int) -> None:
        self.ticks.append(time_ms)

    def restart(self) -> None:
        self.said.append("restart")
        if not self._stubborn:
            self._registry.remove(self)

    def revoke(self, why: Why = Why.REVOKED, details: Any = None) -> None:
        self.said.append("revoke")

    def crowd_out(self) -> None:
        self.said.append("crowd out")

    def abandon(self) -> None:
        self.said.append("abandon")
        self._registry.remove(self)


class CountingLayer(InProcessLayer):
    """Counts what a connection costs the layer, and takes its time over it, as a layer behind a network does."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[str] = []

    async def group_add(self, group: str, channel: str) -> None:
        await asyncio.sleep(0)
        self.changes.append("add")
        await super().group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        await asyncio.sleep(0)
        self.changes.append("discard")
        await super().group_discard(group, channel)


@pytest.fixture
def layer() -> CountingLayer:
    return CountingLayer()


@pytest.fixture
async def registry(layer: CountingLayer) -> AsyncIterator[Registry]:
    registry = Registry("n1", layer)
    await registry.start()
    yield registry
    await registry.stop(within_s=1)


def event(seq: int = 1, origin: str = "") -> Delivery:
    return Delivery(frame=f"frame {seq}", conversation=ROOM.hex, seq=seq, origin=origin)


async def send(layer: Any, users: list[UUID], delivery: Delivery) -> None:
    await layer.group_send_many([user_group(user) for user in users], delivery.to_message())


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
        async with asyncio.timeout(2):
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


class TestClock:
    async def test_one_clock_ticks_for_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "TICK_S", 0)
        registry = Registry("n5", None)
        broken, sound = Peer(registry), Peer(registry)
        broken.tick = lambda time_ms: 1 // 0  # type: ignore[method-assign,assignment]
        ticked = asyncio.Event()
        sound.tick = lambda time_ms: ticked.set()  # type: ignore[method-assign]

        await registry.start()
        await asyncio.wait_for(ticked.wait(), 2)

        await registry.stop(within_s=1)
        assert len(registry) == 0

    async def test_who_is_not_due_is_not_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "TICK_S", 0)
        monkeypatch.setattr(module, "now_ms", lambda: 1_000_000)
        registry = Registry("n11", None)
        idle, hastened, soon = Peer(registry), Peer(registry), Peer(registry)
        idle.next_due_ms = 1_000_000 + 10**9
        registry.remove(idle)
        registry.add(idle)
        registry.hasten(idle)
        registry.remove(hastened)
        hastened.next_due_ms = 1_000_000 + 10**9
        registry.add(hastened)
        hastened.next_due_ms = 1_000_000
        registry.hasten(hastened)

        due = [registry._wheel.advance() for _ in range(100)]

        assert due[0] == {hastened, soon}
        assert not any(due[1:])
        assert idle in set(registry._wheel)

    async def test_who_leaves_while_it_ticks_is_not_put_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "TICK_S", 0)
        registry = Registry("n12", None)
        leaving, staying = Peer(registry), Peer(registry)
        ticked = asyncio.Event()

        def leave(time_ms: int) -> None:
            registry.remove(leaving)
            registry.remove(leaving)
            ticked.set()

        leaving.tick = leave  # type: ignore[method-assign]
        await registry.start()
        await asyncio.wait_for(ticked.wait(), 2)

        remaining = len(registry), set(registry._wheel)

        assert remaining == (1, {staying})
        await registry.stop(within_s=1)


class TestStopping:
    async def test_every_session_is_told(self, layer: CountingLayer) -> None:
        registry = Registry("n6", layer)
        await registry.start()
        peers = [Peer(registry), Peer(registry)]
        await registry.join(peers[0], ALICE)

        await registry.stop(within_s=1)

        assert [peer.said for peer in peers] == [["restart"], ["restart"]]
        assert layer.changes == ["add", "discard"]
        layer.subscribe(registry.channel, registry.deliver)  # nobody has that channel any more

    async def test_who_does_not_go_is_cut_off(self, caplog: pytest.LogCaptureFixture) -> None:
        registry = Registry("n7", None)
        await registry.start()
        peer = Peer(registry, stubborn=True)

        await registry.stop(within_s=0.01)

        assert peer.said == ["restart", "abandon"]
        assert "1 sessions did not close in time" in caplog.text

    async def test_who_comes_while_it_stops_is_sent_away(self) -> None:
        registry = Registry("n10", None)
        await registry.stop(within_s=1)

        late = Peer(registry)

        assert late.said == ["restart"]

    async def test_work_begun_is_finished(self) -> None:
        registry = Registry("n8", None)
        done = []

        async def work() -> None:
            await asyncio.sleep(0)
            done.append("work")

        registry.spawn(work())
        await registry.stop(within_s=1)

        assert done == ["work"]

    async def test_work_that_does_not_end_is_cancelled(self) -> None:
        registry = Registry("n9", None)
        ended = []

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("cancelled")

        registry.spawn(work())
        await registry.stop(within_s=0.01)

        assert ended == ["cancelled"]

    async def test_work_that_fails_is_logged(self, registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
        async def work() -> None:
            raise RuntimeError("a defect")

        with caplog.at_level(logging.ERROR):
            registry.spawn(work())
            await asyncio.sleep(0.0)
            await asyncio.sleep(0.0)

        assert "a defect" in caplog.text


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
