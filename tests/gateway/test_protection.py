"""Peers that behave badly, over real sockets of the real edge: what they cost is bounded, and nothing is lost by it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
import pytest

from apps.edge import EdgeConfig
from apps.events.publish import Delivery, user_group
from apps.gateway import lifespan
from apps.gateway.connection import Connection, Node
from apps.gateway.outbox import Bounds, SocketOutbox
from apps.gateway.quotas import Quotas
from apps.gateway.registry import Registry
from apps.gateway.routing import websocket_application
from apps.gateway.session import Identity, Limits
from apps.wire.codec import encode
from apps.wire.errors import CloseCode
from apps.wire.frames import PATH, ClientFrames, Heartbeat, SignIn, Sync
from tests.edge.peer import Peer, Running, serving
from tests.gateway.session.frames import ALICE, PHONE, ROOM, TENANT, message, sign_in
from tests.gateway.test_connection import LATER_MS, FakeServices, settle

BOUNDS = Bounds(congested_bytes=64 * 1024, relaxed_bytes=8 * 1024, limit_frames=300)
EDGE = EdgeConfig(ping_interval_s=0, high_water_bytes=32 * 1024, low_water_bytes=8 * 1024)
PUSH = "x" * 8_000
PUSHES_MAX = 5_000
"""40 MB: more than kernel buffers of both ends hold."""


class SlowServices(FakeServices):
    """Counts sign-ins that are being carried out."""

    def __init__(self) -> None:
        super().__init__()
        self.signing_in = 0

    async def sign_in(self, frame: SignIn, address: str = "") -> tuple[Identity, str]:
        self.signing_in += 1
        try:
            await self.gate.wait()
            return Identity(TENANT, ALICE, PHONE, LATER_MS), "en"
        finally:
            self.signing_in -= 1


class Site:
    """A node behind the edge."""

    def __init__(self, running: Running, registry: Registry, services: SlowServices) -> None:
        self.running = running
        self.registry = registry
        self.services = services
        self.seq = 0

    async def dial(self, *frames: ClientFrames) -> Peer:
        peer = await self.running.connect(path=PATH)
        for frame in frames:
            peer.say(encode(frame))
        return peer

    async def member(self) -> Peer:
        peer = await self.dial(sign_in())
        assert (await hear(peer))["op"] == "welcome"
        return peer

    def push(self) -> None:
        """Tell Alice of one more event."""
        self.seq += 1
        frame = msgspec.json.encode({"op": "event", "seq": self.seq, "body": PUSH}).decode()
        delivery = Delivery(frame=frame, conversation=ROOM.hex, seq=self.seq)
        self.registry.deliver(delivery.to_message() | {"groups": [user_group(ALICE)]})

    async def push_until_congested(self) -> SocketOutbox:
        """Push to a peer that does not read until it counts as slow."""
        [connection] = self.registry.sessions(user_group(ALICE))
        outbox = cast("SocketOutbox", cast("Connection", connection)._outbox)
        while not outbox.congested:
            assert self.seq < PUSHES_MAX
            self.push()
            await asyncio.sleep(0)
        return outbox


async def hear(peer: Peer) -> dict[str, Any]:
    return dict(msgspec.json.decode(await peer.hear()))


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is looked at are plain values
            await asyncio.sleep(0.005)


@asynccontextmanager
async def site_with(monkeypatch: pytest.MonkeyPatch, limits: Limits) -> AsyncIterator[Site]:
    registry, services = Registry("n1", None), SlowServices()
    quotas = Quotas(per_s=limits.user_rate_per_s, burst=limits.user_burst)
    node = Node(registry, services, limits, BOUNDS, quotas)

    async def running_node() -> Node:
        return node

    monkeypatch.setattr(lifespan, "running_node", running_node)
    async with serving(cast("Any", websocket_application), EDGE) as running:
        yield Site(running, registry, services)
        services.gate.set()
    await registry.stop(within_s=2)
    assert len(registry) == 0


class TestSlowReader:
    async def test_costs_no_more_than_its_bounds_and_misses_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with site_with(monkeypatch, Limits(unacked=10**6)) as site:
            peer = await site.member()
            outbox = await site.push_until_congested()

            waiting: list[int] = []
            for _ in range(500):
                site.push()
                waiting.append(outbox.waiting_bytes)
            buffered = cast("Any", outbox._socket).buffered_bytes
            seqs: list[int] = []
            while (frame := await hear(peer))["op"] == "event":
                seqs.append(frame["seq"])

            assert max(waiting) <= BOUNDS.congested_bytes + 2 * len(PUSH)
            assert buffered <= EDGE.high_water_bytes + 2 * len(PUSH)
            assert seqs == list(range(1, len(seqs) + 1))
            assert len(seqs) < site.seq
            assert (frame["op"], frame["max_seq"]) == ("changed", site.seq)

    async def test_that_lets_answers_pile_up_is_sent_away_with_a_hint(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with site_with(monkeypatch, Limits(unacked=10**6, burst=10**6)) as site:
            peer = await site.member()
            outbox = await site.push_until_congested()

            for _ in range(2 * BOUNDS.limit_frames):
                peer.say(encode(Heartbeat()))
            await until(lambda: outbox._sealed)
            queued = len(outbox._queue or ())
            while (frame := await hear(peer))["op"] != "closing":
                pass
            code = await peer.close_code()

            assert queued == 2, "the closing frame and the close"
            assert (frame["reason"], frame["retry_after_ms"]) == ("slow_reader", 1_000)
            assert code == CloseCode.SLOW_READER

    async def test_of_a_thousand_pushes_to_others_holds_up_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with site_with(monkeypatch, Limits(unacked=10**6)) as site:
            slow = await site.member()
            await site.push_until_congested()
            quick = await site.member()
            before = site.seq

            site.push()
            frame = await hear(quick)

            assert (frame["op"], frame["seq"]) == ("event", before + 1)
            slow.hang_up()


class TestFloods:
    async def test_of_frames_are_slowed_and_then_closed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with site_with(monkeypatch, Limits(rate_per_s=1, burst=20, refusals_burst=10)) as site:
            peer = await site.member()

            for _ in range(2_000):
                peer.say(encode(Sync(ROOM, 0)))
            ops: list[str] = []
            while (frame := await hear(peer))["op"] != "closing":
                ops.append(frame.get("code", frame["op"]))
            code = await peer.close_code()

            assert ops.count("rate_limited") == 11
            assert ops.count("events") <= 20
            assert (frame["reason"], code) == ("flood", CloseCode.FLOOD)
            assert len(site.services.begun) <= 20

    async def test_of_requests_are_carried_out_so_many_at_a_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        limits = Limits(in_flight=8)
        async with site_with(monkeypatch, limits) as site:
            peer = await site.member()
            site.services.gate.clear()

            for number in range(100):
                peer.say(encode(message(number)))
            refusals = [await hear(peer) for _ in range(100 - limits.in_flight)]

            assert {frame["code"] for frame in refusals} == {"busy"}
            assert all(frame["retry_after_ms"] > 0 for frame in refusals)
            assert len(site.services.begun) == limits.in_flight

    async def test_of_sign_ins_come_to_one_per_socket(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with site_with(monkeypatch, Limits(user_sessions=10**6)) as site:
            site.services.gate.clear()

            peers = [await site.dial(*[sign_in()] * 10) for _ in range(20)]
            refusals = [await hear(peer) for peer in peers for _ in range(9)]
            await settle()

            assert {frame["code"] for frame in refusals} == {"busy"}
            assert site.services.signing_in == len(peers)

    async def test_of_sockets_that_never_sign_in_end_by_themselves(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with site_with(monkeypatch, Limits(sign_in_ms=0)) as site:
            peers = [await site.dial() for _ in range(20)]
            for connection in list(site.registry._wheel):
                connection.tick(LATER_MS)

            heard = [((await hear(peer))["reason"], await peer.close_code()) for peer in peers]

            assert heard == [("sign_in_timeout", CloseCode.SIGN_IN)] * 20

    async def test_of_sessions_of_one_user_close_the_oldest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with site_with(monkeypatch, Limits(user_sessions=3)) as site:
            peers = [await site.member() for _ in range(6)]

            heard = [((await hear(peer))["reason"], await peer.close_code()) for peer in peers[:3]]
            for peer in peers[:3]:
                peer.hang_up()
            await until(lambda: len(site.registry) == 3)

            assert heard == [("too_many_sessions", CloseCode.FLOOD)] * 3
            assert len(site.registry.sessions(user_group(ALICE))) == 3
