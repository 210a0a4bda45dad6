"""Layers of several nodes in one process, joined by real links, under views that a test gives them."""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from apps.cluster.core.gossip import Status
from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.node import View
from apps.cluster.core.raft import Membership, Role
from apps.cluster.core.routing import RoutingConfig, slot_of
from apps.cluster.core.slots import SLOTS, Assignment, SlotTable
from apps.cluster.core.state import MemberRecord
from apps.cluster.layer import Seat, SlotChannelLayer
from apps.cluster.layer.local import LocalEnd
from apps.cluster.runtime.keyring import KeyRing

FOREVER_MS = 1 << 60
KEYS = KeyRing(["a key for these tests only"])
Callback = Callable[[View | None, int], None]


class FixedNode:
    """A control plane that says what the test tells it to."""

    def __init__(self, node: NodeId) -> None:
        self.node = node
        self.confirmed: list[int] = []
        self._callback: Callback | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def subscribe(self, callback: Callback, loop: asyncio.AbstractEventLoop) -> Callback:
        self._callback, self._loop = callback, loop
        return callback

    def unsubscribe(self, subscription: Any) -> None:
        self._callback = None

    def confirm(self, index: int) -> None:
        self.confirmed.append(index)

    def tell(self, view: View, serving_until_ms: int) -> None:
        if self._callback is not None:
            self._callback(view, serving_until_ms)


def record(node: NodeId, port: int) -> MemberRecord:
    return MemberRecord(node, f"n{node}", "127.0.0.1", port, port, "", 100, 1, False, False, 0)


def even_table(nodes: tuple[NodeId, ...], epoch: int = 1) -> SlotTable:
    """Slots go round the nodes in small pieces, so that neighbouring names have different owners."""
    parts = [Assignment(slot, slot, nodes[slot % len(nodes)]) for slot in range(SLOTS)]
    return SlotTable().with_assigned(parts, epoch)


def name_of(node: int, count: int, stem: str = "name") -> str:
    """Return a name whose slot belongs to the node at this place of so many, by `even_table`."""
    return next(name for number in itertools.count() if slot_of(name := f"{stem}.{number}") % count == node)


class FixedCluster:
    """Some layers, and the one view all of them have."""

    def __init__(self, count: int, config: RoutingConfig | None = None, **options: Any) -> None:
        self.nodes = tuple(NodeId(0x1000 + number) for number in range(count))
        self.controls = {node: FixedNode(node) for node in self.nodes}
        self.layers = [
            SlotChannelLayer(**options, seat=Seat(self.controls[node], KEYS, config=config)) for node in self.nodes
        ]
        self.ports: dict[NodeId, int] = {}
        self.view = View(
            node=self.nodes[0],
            cluster_id="test",
            role=Role.FOLLOWER,
            leader=NO_NODE,
            term=1,
            index=1,
            version=1,
            table=even_table(self.nodes),
            members={},
            leases=0,
            membership=Membership(self.nodes, ()),
            statuses=dict.fromkeys(self.nodes, Status.ALIVE),
        )

    async def start(self) -> None:
        for node, layer in zip(self.nodes, self.layers, strict=True):
            self.ports[node] = await layer.start()
        self.view = replace(self.view, members={node: record(node, port) for node, port in self.ports.items()})
        self.tell()
        await self.linked()

    async def stop(self) -> None:
        for layer in self.layers:
            await layer.stop()

    def tell(self, table: SlotTable | None = None, statuses: Mapping[NodeId, Status] | None = None) -> None:
        """Give every node a newer view, at once."""
        self.view = replace(
            self.view,
            index=self.view.index + 1,
            table=table or self.view.table,
            statuses=statuses or self.view.statuses,
        )
        for node, control in self.controls.items():
            control.tell(replace(self.view, node=node), FOREVER_MS)

    async def linked(self) -> None:
        """Wait until every node has heard from every other."""
        others = len(self.nodes) - 1
        async with asyncio.timeout(5):
            while not all(self._heard(layer) == others for layer in self.layers):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)

    @property
    def ends(self) -> list[LocalEnd]:
        """Each node's part, while the layers run."""
        return [local for layer in self.layers if (local := layer._local) is not None]

    def _heard(self, layer: SlotChannelLayer) -> int:
        local = layer._local
        assert local is not None
        return sum(not peer.fresh for peer in local.router._switch.linked)
