"""The data plane by itself: two nodes over real links, under views and a clock that tests give them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from apps.cluster.core.gossip import Status
from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.node import View
from apps.cluster.core.raft import Membership, Role
from apps.cluster.core.routing import PAYLOAD_MAX_BYTES, Notice, Post
from apps.cluster.core.routing.frames import Done, Put, Route, encode_frame
from apps.cluster.core.slots import SLOTS, Assignment, SlotTable
from apps.cluster.core.state import MemberRecord
from apps.cluster.runtime.datalink import Refused
from apps.cluster.runtime.dataplane import DataPlane
from apps.cluster.runtime.sealing import Party, Purpose, SealedStream
from tests.cluster.live import RING, until

ONE, TWO = NodeId(1), NodeId(2)
FOREVER_MS = 1 << 60
Addresses = dict[NodeId, int]


class Plane:
    """One node's data plane, and what its listener was told."""

    def __init__(self, node: NodeId) -> None:
        self.now_ms = 100_000
        self.told: list[tuple[Any, ...]] = []
        self.indexes: list[int] = []
        self.plane = DataPlane(node, RING, self, confirm=self.indexes.append, clock_ms=lambda: self.now_ms)
        self.router = self.plane.router
        self.port = 0

    def deliver(self, groups: tuple[str, ...], payload: bytes) -> None:
        self.told.append(("delivered", groups, payload))

    def confirmed(self, group: str) -> None:
        self.told.append(("confirmed", group))

    def missed(self, notice: Notice) -> None:
        self.told.append(("missed", notice.groups))

    def posted(self, node: NodeId, frame: Post) -> None:
        self.told.append(("posted", node, frame))

    def linked(self, node: NodeId) -> None:
        self.told.append(("linked", node))

    def unlinked(self, node: NodeId) -> None:
        self.told.append(("unlinked", node))

    def viewed(self) -> None:
        self.told.append(("viewed",))

    async def hears(self, *news: Any) -> None:
        await until(lambda: news in self.told)

    def join(self, group: str) -> None:
        self.router.join(group, self.now_ms)
        self.plane.settle()

    def send(self, group: str, payload: bytes) -> None:
        self.router.send((group,), payload, self.now_ms)
        self.plane.settle()


def view(ports: Addresses, index: int = 1, owner: NodeId = ONE, statuses: dict[NodeId, Status] | None = None) -> View:
    """All slots belong to one node; the members have these data ports."""
    members = {
        node: MemberRecord(node, f"n{node}", "127.0.0.1", port, port, "", 100, 1, False, False, 0)
        for node, port in ports.items()
    }
    return View(
        node=ONE,
        cluster_id="c",
        role=Role.FOLLOWER,
        leader=NO_NODE,
        term=1,
        index=index,
        version=1,
        table=TABLES[owner],
        members=members,
        leases=0,
        membership=Membership(tuple(ports), ()),
        statuses=statuses or dict.fromkeys(ports, Status.ALIVE),
    )


TABLES = {node: SlotTable().with_assigned([Assignment(0, SLOTS - 1, node)], 1) for node in (ONE, TWO)}


@pytest.fixture
async def planes() -> AsyncIterator[tuple[Plane, Plane]]:
    """Two that listen and know of nobody yet."""
    made = Plane(ONE), Plane(TWO)
    for each in made:
        each.port = await each.plane.start("127.0.0.1", 0)
    yield made
    for each in made:
        await each.plane.stop()


@pytest.fixture
def ports(planes: tuple[Plane, Plane]) -> Addresses:
    return {ONE: planes[0].port, TWO: planes[1].port}


@pytest.fixture
async def pair(planes: tuple[Plane, Plane], ports: Addresses) -> tuple[Plane, Plane]:
    """The two with a link between them; the first owns all slots."""
    one, two = planes
    for each in (two, one):
        each.plane.apply(view(ports), FOREVER_MS)
    await one.hears("linked", TWO)
    await two.hears("linked", ONE)
    return one, two


class TestViews:
    async def test_a_view_is_put_to_use_once_and_then_confirmed(self, planes: tuple[Plane, Plane]) -> None:
        one, _ = planes
        told = view({ONE: one.port}, index=7)

        one.plane.apply(told, FOREVER_MS)
        one.plane.apply(told, FOREVER_MS)

        assert one.told == [("viewed",)]
        assert one.indexes == [7]
        assert one.router.is_serving(0, one.now_ms)

    async def test_the_time_to_serve_is_taken_over_even_when_the_view_is_the_same(
        self, planes: tuple[Plane, Plane]
    ) -> None:
        one, _ = planes
        told = view({ONE: one.port})
        one.plane.apply(told, one.now_ms + 100)

        one.plane.apply(told, one.now_ms)

        assert not one.router.is_serving(0, one.now_ms)

    async def test_without_a_view_nothing_is_done(self, planes: tuple[Plane, Plane]) -> None:
        one, _ = planes

        one.plane.apply(None, FOREVER_MS)

        assert one.told == []
        assert one.indexes == []

    async def test_before_the_start_and_after_the_stop_no_view_is_confirmed(self) -> None:
        one = Plane(ONE)
        one.plane.apply(view({ONE: 0}), FOREVER_MS)
        one.port = await one.plane.start("127.0.0.1", 0)

        await one.plane.stop()
        one.plane.apply(view({ONE: one.port}), FOREVER_MS)

        assert one.told == []
        assert one.indexes == []

    async def test_a_member_without_a_data_port_is_not_dialled(self, planes: tuple[Plane, Plane]) -> None:
        one, _ = planes

        one.plane.apply(view({ONE: one.port, TWO: 0}), FOREVER_MS)

        assert one.plane.links._targets == {}

    async def test_a_member_that_left_loses_its_link(self, pair: tuple[Plane, Plane], ports: Addresses) -> None:
        one, two = pair

        one.plane.apply(view(ports, 2, statuses={ONE: Status.ALIVE, TWO: Status.LEFT}), FOREVER_MS)
        await two.hears("unlinked", ONE)

        assert ("unlinked", TWO) in one.told
        assert one.router.linked() == []
        assert one.plane.links._targets == {}

    async def test_the_link_of_a_member_believed_dead_is_ended_and_dialled_again(
        self, pair: tuple[Plane, Plane], ports: Addresses
    ) -> None:
        one, _ = pair

        one.plane.apply(view(ports, 2, statuses={ONE: Status.ALIVE, TWO: Status.DEAD}), FOREVER_MS)
        ended = ("unlinked", TWO) in one.told
        await until(lambda: one.told.count(("linked", TWO)) == 2)

        assert ended


class TestMessages:
    async def test_a_message_reaches_members_here_and_elsewhere_once(self, pair: tuple[Plane, Plane]) -> None:
        one, two = pair
        one.join("g")
        two.join("g")
        await two.hears("confirmed", "g")

        two.send("g", b"a")
        await one.hears("delivered", ("g",), b"a")
        await two.hears("delivered", ("g",), b"a")
        one.send("g", b"b")
        await two.hears("delivered", ("g",), b"b")

        deliveries = [("delivered", ("g",), payload) for payload in (b"a", b"b")]
        assert [news for news in one.told if news[0] == "delivered"] == deliveries
        assert [news for news in two.told if news[0] == "delivered"] == deliveries

    async def test_what_a_listener_sends_comes_after_what_it_is_being_told(
        self, pair: tuple[Plane, Plane], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, _ = pair
        one.join("g")
        deliver = one.deliver

        def answer_the_first(groups: tuple[str, ...], payload: bytes) -> None:
            deliver(groups, payload)
            if payload == b"a":
                one.send("g", b"answer")

        monkeypatch.setattr(one, "deliver", answer_the_first)
        for payload in (b"a", b"b"):
            one.router.send(("g",), payload, one.now_ms)

        one.plane.settle()

        assert [news[2] for news in one.told if news[0] == "delivered"] == [b"a", b"b", b"answer"]

    async def test_a_message_for_a_group_without_members_reaches_nobody(self, pair: tuple[Plane, Plane]) -> None:
        one, two = pair
        two.join("g")
        await two.hears("confirmed", "g")

        one.send("empty", b"a")
        one.send("g", b"after")
        await two.hears("delivered", ("g",), b"after")

        assert not [news for news in one.told + two.told if news[0] == "delivered" and news[2] == b"a"]

    async def test_frames_about_channels_come_with_their_sender(self, pair: tuple[Plane, Plane]) -> None:
        one, two = pair
        frame = Put(0, 0, 0, "channel", TWO, b"a")

        went = two.router.post(ONE, frame)
        two.plane.settle()
        await until(lambda: any(news[0] == "posted" for news in one.told))

        assert went
        [posted] = [news for news in one.told if news[0] == "posted"]
        assert posted[1] == TWO
        assert posted[2].payload == b"a"

    async def test_what_a_turn_of_the_loop_says_goes_out_in_one_batch(
        self, pair: tuple[Plane, Plane], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, two = pair
        one.join("g")
        batches: list[bytes] = []
        monkeypatch.setattr(two.plane.links, "write", lambda _, batch: batches.append(batch))

        for number in range(3):
            two.send("g", b"payload %d" % number)
        await until(lambda: batches)

        assert all(b"payload %d" % number in batches[0] for number in range(3))

    async def test_for_a_slow_link_batches_wait_until_it_is_writable(self, pair: tuple[Plane, Plane]) -> None:
        one, two = pair
        one.join("g")
        wire = two.plane.links._links[ONE]
        wire.pause_writing()

        two.send("g", b"a")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waits = two.router._switch.peers[ONE].outbox
        assert waits
        wire.resume_writing()

        assert not waits
        await one.hears("delivered", ("g",), b"a")

    async def test_what_waits_is_written_before_the_stop(self, pair: tuple[Plane, Plane]) -> None:
        one, two = pair
        one.join("g")

        one.told.clear()
        two.send("g", b"last words")
        await two.plane.stop()
        await one.hears("unlinked", TWO)

        assert one.told[0] == ("delivered", ("g",), b"last words")


class TestTrouble:
    async def test_a_peer_that_sends_what_is_no_batch_loses_its_link(self, pair: tuple[Plane, Plane]) -> None:
        one, two = pair

        two.plane.links.write(ONE, b"no batch")
        await two.hears("unlinked", ONE)

        assert one.plane.links.counters["refused_batch"] == 1
        assert ("unlinked", TWO) in one.told

    async def test_a_silent_link_is_closed(self, pair: tuple[Plane, Plane]) -> None:
        one, two = pair

        one.now_ms += 10_000
        await two.hears("unlinked", ONE)

        assert one.router.counters["silent"] >= 1

    async def test_members_are_told_that_messages_may_be_missing_when_a_link_breaks(
        self, pair: tuple[Plane, Plane]
    ) -> None:
        one, two = pair
        two.join("g")
        await two.hears("confirmed", "g")
        two.told.clear()

        one.plane.links.close(TWO)
        await two.hears("unlinked", ONE)
        two.now_ms += 1_000
        await two.hears("missed", None)

        assert ("unlinked", ONE) in two.told


class TestGuests:
    async def test_what_a_guest_sends_goes_to_members_and_is_acknowledged(self, pair: tuple[Plane, Plane]) -> None:
        one, two = pair
        two.join("g")
        await two.hears("confirmed", "g")
        batch = encode_frame([Route(0, 0, 0, ("g",), b"a"), Route(0, 0, 0, ("g",), b"b")])

        answer = one.plane.guest_received(batch)
        await two.hears("delivered", ("g",), b"b")

        assert msgspec.msgpack.decode(answer, type=Done) == Done(2)
        assert ("delivered", ("g",), b"a") in two.told

    async def test_a_guest_over_a_connection_is_served(self, pair: tuple[Plane, Plane]) -> None:
        one, two = pair
        two.join("g")
        await two.hears("confirmed", "g")
        stream = SealedStream.dial(RING, Party(NO_NODE, "c"), Purpose.GUEST)
        reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
        writer.write(stream.outgoing())
        stream.receive(await reader.read(4_096))

        writer.write(stream.outgoing() + stream.seal(encode_frame([Route(0, 0, 0, ("g",), b"a")])))
        await two.hears("delivered", ("g",), b"a")
        [answer] = stream.receive(await reader.read(4_096))
        writer.close()

        assert msgspec.msgpack.decode(answer, type=Done) == Done(1)

    @pytest.mark.parametrize(
        "batch",
        [
            b"no batch",
            encode_frame([Done(1)]),
            encode_frame([Put(0, 0, 0, "channel", TWO, b"a")]),
            encode_frame([Route(0, 0, 0, ("g",), bytes(PAYLOAD_MAX_BYTES + 1))]),
        ],
        ids=["noise", "acknowledgement", "channel", "too long"],
    )
    async def test_a_guest_may_send_nothing_else(self, planes: tuple[Plane, Plane], batch: bytes) -> None:
        one, _ = planes

        with pytest.raises(Refused):
            one.plane.guest_received(batch)

        assert one.told == []
