"""The data plane at work: drives the router with links, views and time, in the loop that serves the sessions.

Everything of one turn of the loop goes to a peer in one write. Not here: channels, mailboxes and who listens to them.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Protocol

from apps.cluster.core.gossip import Address, Status
from apps.cluster.core.ids import NodeId
from apps.cluster.core.node import View
from apps.cluster.core.routing import (
    BatchRefused,
    Delivery,
    Effects,
    MessageTooLong,
    Notice,
    Post,
    Router,
    RoutingConfig,
    RoutingView,
    decode_batch,
)
from apps.cluster.core.routing.frames import Done, Route, encode_frame
from apps.cluster.runtime.clock import monotonic_ms
from apps.cluster.runtime.datalink import DataLinks, Refused
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.sealing import Party

TICK_S = 0.1
"""How often the router looks at the clock; as often as it acknowledges."""


class Listener(Protocol):
    """What the layer does with what arrives."""

    def deliver(self, groups: tuple[str, ...], payload: bytes) -> None:
        """A message for groups with members here."""

    def confirmed(self, group: str) -> None:
        """The owner of a group knows of its members here."""

    def missed(self, notice: Notice) -> None:
        """Messages may be missing; the notice's time is this node's monotonic clock."""

    def posted(self, node: NodeId, frame: Post) -> None:
        """A frame about channels has come, from this node too."""

    def linked(self, node: NodeId) -> None:
        """A link to a node has come up."""

    def unlinked(self, node: NodeId) -> None:
        """A link to a node has gone down."""

    def viewed(self) -> None:
        """Slots may have moved."""


class DataPlane:
    """Router, links and clock of one node. Call `settle` after every use of `router`."""

    def __init__(  # each is one collaborator; four have defaults
        self,
        node: NodeId,
        ring: KeyRing,
        listener: Listener,
        *,
        confirm: Callable[[int], None],
        config: RoutingConfig | None = None,
        clock_ms: Callable[[], int] = monotonic_ms,
        rng: random.Random | None = None,
    ) -> None:
        self.node = node
        self.clock_ms = clock_ms
        self.router = Router(node, config or RoutingConfig(), clock_ms())
        self.links = DataLinks(ring, self, clock_ms=clock_ms, rng=rng)
        self._listener = listener
        self._confirm = confirm
        self._view: View | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._flush_planned = False
        self._settling = False

    async def start(self, host: str, port: int) -> int:
        """Listen on the data port; return it. Raises OSError."""
        self._loop = asyncio.get_running_loop()
        bound = await self.links.start(host, port)
        self._tick()
        return bound

    async def stop(self) -> None:
        """Write what waits, and close everything."""
        if self._timer is not None:
            self._timer.cancel()
        self._flush()
        self._loop = None
        await self.links.stop()

    def apply(self, view: View | None, serving_until_ms: int) -> None:
        """Work by what the control plane says, and tell it so: only then may slots that were taken be given away."""
        if view is None or self._loop is None:
            return
        now_ms = self.clock_ms()
        if view is not self._view:
            self._use(view, now_ms)
        self.router.set_serving(serving_until_ms, now_ms)
        self.settle()

    def settle(self) -> None:
        """Carry out what the router wants done, and write soon.

        What a listener does may bring more: that comes after what is being carried out, or messages would overtake.
        """
        if not self._settling:
            self._settling = True
            try:
                while self.router.has_effects:
                    self._carry_out(self.router.take())
            finally:
                self._settling = False
        if not self._flush_planned and self._loop is not None:
            self._flush_planned = True
            self._loop.call_soon(self._flush)

    def _carry_out(self, effects: Effects) -> None:
        listener = self._listener
        for arrival in effects.arrivals:
            if isinstance(arrival, Delivery):
                listener.deliver(arrival.groups, arrival.payload)
            else:
                listener.posted(arrival.node, arrival.frame)
        for group in effects.confirmed:
            listener.confirmed(group)
        for notice in effects.gaps:
            listener.missed(notice)
        for node in effects.resets:
            self.links.close(node)

    # What the links say -----------------------------------------------------------------------------------------------

    def link_up(self, node: NodeId) -> None:
        """A fresh link to a node is there."""
        self.router.link_up(node, self.clock_ms())
        self._listener.linked(node)
        self.settle()

    def link_down(self, node: NodeId) -> None:
        """It is gone."""
        self.router.link_down(node, self.clock_ms())
        self._listener.unlinked(node)
        self.settle()

    def received(self, node: NodeId, batch: bytes) -> None:
        """A batch has come. Raises Refused."""
        try:
            self.router.receive(node, batch, self.clock_ms())
        except BatchRefused as error:
            raise Refused from error
        finally:
            self.settle()

    def writable(self, node: NodeId) -> None:
        """A link that was congested takes batches again."""
        self._write(node)

    def guest_received(self, batch: bytes) -> bytes:
        """Send what a guest wants sent; the answer says that this node has taken it over. Raises Refused."""
        try:
            frames = decode_batch(batch)
            for frame in frames:
                if not isinstance(frame, Route):
                    raise Refused
                self.router.send(frame.groups, frame.payload, self.clock_ms())
        except (BatchRefused, MessageTooLong) as error:
            raise Refused from error
        self.settle()
        return encode_frame(Done(len(frames)))

    # Inside -----------------------------------------------------------------------------------------------------------

    def _use(self, view: View, now_ms: int) -> None:
        self._view = view
        statuses = view.statuses
        members = tuple(node for node in sorted(view.members) if statuses.get(node) is not Status.LEFT)
        self.router.set_view(RoutingView(view.table, members), now_ms)
        self._confirm(view.index)
        self.links.set_nodes(Party(self.node, view.cluster_id), _addresses(view, members))
        for node in members:
            if view.statuses.get(node) is Status.DEAD:
                self.links.close(node)
        self._listener.viewed()

    def _tick(self) -> None:
        if self._loop is not None:
            self._timer = self._loop.call_later(TICK_S, self._tick)
            self.links.tick()
            self.router.tick(self.clock_ms())
            self.settle()

    def _flush(self) -> None:
        self._flush_planned = False
        for node in self.router.flush():
            self._write(node)

    def _write(self, node: NodeId) -> None:
        links, router = self.links, self.router
        while not links.is_congested(node) and (batch := router.take_batch(node)) is not None:
            links.write(node, batch)


def _addresses(view: View, members: tuple[NodeId, ...]) -> dict[NodeId, Address]:
    records = [(node, view.members[node]) for node in members]
    return {node: (record.host, record.data_port) for node, record in records if record.data_port}
