"""The channel layers that `benchmarks.layer` compares: how each is started in one of two processes.

Each backend has `start`, `stop`, `send`, `group_send`, `group_add` and `listen(count, note)`, which makes channels that
call `note(message)` for everything they receive.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import msgpack

Note = Callable[[dict[str, Any]], None]
CAPACITY = 1_000_000
"""Messages that may wait in a channel, so that capacities are not what is measured."""
NODES = (0x1000, 0x1001)
KEY = "a key for one benchmark only"


@dataclass(frozen=True)
class Place:
    """One of the two processes, and what it needs to know of the outside."""

    index: int
    ports: tuple[int, int]
    redis_port: int


class LayerBackend:
    """A channel layer with its stock receive loops."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.send = layer.send
        self.group_send = layer.group_send
        self.group_add = layer.group_add
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Nothing but slots has to be started."""

    async def listen(self, count: int, note: Note) -> list[str]:
        """Make channels with a receive loop each."""
        channels = [await self.layer.new_channel() for _ in range(count)]
        self._loops += [asyncio.create_task(self._loop(channel, note)) for channel in channels]
        return channels

    async def stop(self) -> None:
        """End the loops."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)

    async def _loop(self, channel: str, note: Note) -> None:
        while True:
            note(await self.layer.receive(channel))


class SlotsBackend(LayerBackend):
    """The cluster's layer, two nodes with half of the slots each, under a view that does not change."""

    async def start(self) -> None:
        """Open the data port and wait for the link."""
        await self.layer.start()
        async with asyncio.timeout(10):
            while not self.layer._local.router.linked():  # noqa: ASYNC110  # a benchmark may look now and then
                await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """End the loops, then the layer."""
        await super().stop()
        await self.layer.stop()


class CallbackBackend(SlotsBackend):
    """The same with callbacks."""

    async def listen(self, count: int, note: Note) -> list[str]:
        """Make channels with a callback each."""
        channels = [await self.layer.new_channel() for _ in range(count)]
        for channel in channels:
            self.layer.subscribe(channel, note)
        return channels


class FixedNode:
    """A control plane that says one thing: both nodes live, and have half of the slots each."""

    def __init__(self, place: Place) -> None:
        self.node = NODES[place.index]
        self._place = place

    def subscribe(self, callback: Callable[[Any, int], None], loop: asyncio.AbstractEventLoop) -> None:
        """Tell the one view."""
        loop.call_soon(callback, self._view(), 1 << 60)

    def unsubscribe(self, subscription: Any) -> None:
        """Nothing more would come."""

    def confirm(self, index: int) -> None:
        """Nobody waits for it."""

    def _view(self) -> Any:
        from apps.cluster.core.gossip import Status
        from apps.cluster.core.ids import NodeId
        from apps.cluster.core.node import View
        from apps.cluster.core.raft import Membership, Role
        from apps.cluster.core.slots import SLOTS, Assignment, SlotTable
        from apps.cluster.core.state import MemberRecord

        nodes = tuple(NodeId(node) for node in NODES)
        pieces = [Assignment(slot, slot, nodes[slot % 2]) for slot in range(SLOTS)]
        ports = zip(nodes, self._place.ports, strict=True)
        members = {
            node: MemberRecord(node, str(node), "127.0.0.1", port, port, "", 100, 1, False, False, 0)
            for node, port in ports
        }
        known: dict[str, Any] = dict.fromkeys(View.__dataclass_fields__, 1)
        known |= {"node": NodeId(self.node), "cluster_id": "bench", "role": Role.FOLLOWER, "members": members}
        known |= {"table": SlotTable().with_assigned(pieces, 1), "membership": Membership(nodes, ())}
        return View(**{**known, "statuses": dict.fromkeys(nodes, Status.ALIVE)})


class BareLink(asyncio.Protocol):
    """The least a layer has to do: a msgpack message per send over TCP, batched per turn of the loop, no layer around.

    Members of groups share what was received.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._transport: asyncio.Transport | None = None
        self._ready = asyncio.Event()
        self._pending: list[bytes] = []
        self._unpacker = msgpack.Unpacker()
        self._notes: dict[str, Note] = {}
        self._groups: dict[str, list[str]] = {}

    async def start(self) -> None:
        """The first process listens, the second one connects."""
        loop = asyncio.get_running_loop()
        if self._place.index == 0:
            self._server = await loop.create_server(lambda: self, "127.0.0.1", self._place.ports[0])
        else:
            while self._transport is None:
                with contextlib.suppress(OSError):
                    await loop.create_connection(lambda: self, "127.0.0.1", self._place.ports[0])
        await self._ready.wait()

    async def stop(self) -> None:
        """Close the connection."""
        assert self._transport is not None
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The other process is there."""
        self._transport = cast(asyncio.Transport, transport)
        self._ready.set()

    def data_received(self, data: bytes) -> None:
        """Hand over every whole message."""
        self._unpacker.feed(data)
        for is_group, name, message in self._unpacker:
            for channel in self._groups.get(name, ()) if is_group else (name,):
                self.hand_over(channel, message)

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send with this turn's batch."""
        self._append((False, channel, message))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send with this turn's batch."""
        self._append((True, group, message))

    async def group_add(self, group: str, channel: str) -> None:
        """Note a member."""
        self._groups.setdefault(group, []).append(channel)

    async def listen(self, count: int, note: Note) -> list[str]:
        """Make channels with a callback each."""
        channels = [f"bare!{len(self._notes) + number}" for number in range(count)]
        self._notes.update(dict.fromkeys(channels, note))
        return channels

    def hand_over(self, channel: str, message: dict[str, Any]) -> None:
        """Call back."""
        self._notes[channel](message)

    def _append(self, item: Any) -> None:
        if not self._pending:
            asyncio.get_running_loop().call_soon(self._flush)
        self._pending.append(msgpack.packb(item))

    def _flush(self) -> None:
        assert self._transport is not None
        self._transport.write(b"".join(self._pending))
        self._pending = []


class BareLoops(BareLink):
    """The same link with a queue and a receive loop per channel."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._queues: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._loops: list[asyncio.Task[None]] = []

    async def listen(self, count: int, note: Note) -> list[str]:
        """Make channels with a receive loop each."""
        channels = [f"bare!{len(self._queues) + number}" for number in range(count)]
        for channel in channels:
            self._queues[channel] = asyncio.Queue()
            self._loops.append(asyncio.create_task(self._loop(channel, note)))
        return channels

    def hand_over(self, channel: str, message: dict[str, Any]) -> None:
        """Put into the queue of the channel."""
        self._queues[channel].put_nowait(message)

    async def stop(self) -> None:
        """End the loops and the link."""
        for loop in self._loops:
            loop.cancel()
        await super().stop()

    async def _receive(self, channel: str) -> dict[str, Any]:
        return await self._queues[channel].get()

    async def _loop(self, channel: str, note: Note) -> None:
        while True:
            note(await self._receive(channel))


def make_backend(name: str, place: Place) -> Any:
    """Return the named backend for one of the two processes. Django is set up already."""
    match name:
        case "slots" | "slots, callbacks":
            from apps.cluster.layer import Seat, SlotChannelLayer
            from apps.cluster.runtime.keyring import KeyRing

            seat = Seat(cast(Any, FixedNode(place)), KeyRing([KEY]), port=place.ports[place.index])
            kind = SlotsBackend if name == "slots" else CallbackBackend
            return kind(SlotChannelLayer(capacity=CAPACITY, seat=seat))
        case "channels_redis core":
            from channels_redis.core import RedisChannelLayer

            return LayerBackend(RedisChannelLayer(hosts=[_redis(place)], capacity=CAPACITY))
        case "channels_redis pubsub":
            from channels_redis.pubsub import RedisPubSubChannelLayer

            return LayerBackend(RedisPubSubChannelLayer(hosts=[_redis(place)]))
        case "channels_postgres":
            return LayerBackend(_postgres())
        case "bare link":
            return BareLoops(place)
        case "bare link, callbacks":
            return BareLink(place)
    raise ValueError(f"no backend is named {name}")


def _redis(place: Place) -> dict[str, Any]:
    """No timeout: with the client's default, a loop that waits longer than 5 s for its first message dies."""
    return {"address": f"redis://127.0.0.1:{place.redis_port}", "socket_timeout": None}


def _postgres() -> Any:
    from channels_postgres.core import PostgresChannelLayer
    from django.db import connections

    parameters = dict(connections["default"].settings_dict)
    parameters["OPTIONS"] = {key: value for key, value in parameters["OPTIONS"].items() if key != "pool"}
    assert os.environ["IM_LAYER"] == "postgres"
    return PostgresChannelLayer(**parameters)
