"""The data plane of one virtual machine: the real router, driven as the runtime drives it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from apps.cluster.core.gossip import Status
from apps.cluster.core.node import View
from apps.cluster.core.routing import Router, RoutingConfig, RoutingView

if TYPE_CHECKING:
    from tests.cluster.simulation.host import Host

TICK_US = 100_000
CONFIG = RoutingConfig(
    parked_ms=1_500,
    silent_ms=1_000,
    keepalive_ms=300,
    join_wait_ms=500,
    gap_batch_ms=100,
    gap_repeat_ms=1_000,
    gap_repeat_max_ms=2_000,
    gap_margin_ms=3_500,
    announce_groups=3,
    gap_groups=4,
)
"""As in production, but with less patience, so that a run need not last as long."""


class DataPlane:
    """One life of it. While the process stands still, what arrives waits."""

    def __init__(self, host: Host) -> None:
        self.view: View | None = None
        self.router = Router(host.node, CONFIG, host.clock_ms())
        self._host = host
        self._held: deque[tuple[str, tuple[Any, ...]]] = deque()
        host.world.kernel.after(TICK_US, self._tick)

    def do(self, what: str, *args: Any) -> None:
        """Let something happen to it, once the process runs."""
        if not self._here:
            return
        if self._host.frozen:
            self._held.append((what, args))
            return
        getattr(self, what)(*args)
        self._settle()

    def thaw(self) -> None:
        while self._held and not self._host.frozen and self._here:
            what, args = self._held.popleft()
            self.do(what, *args)

    def apply(self, view: View) -> None:
        self.view = view
        members = tuple(n for n in sorted(view.members) if view.statuses.get(n) is not Status.LEFT)
        self.router.set_view(RoutingView(view.table, members), self._host.clock_ms())
        self._host.in_force(view)

    def serve(self, until_ms: int) -> None:
        self.router.set_serving(until_ms, self._host.clock_ms())
        self._host.serve(until_ms)

    def receive(self, source: Host, serial: int, batch: bytes) -> None:
        if self._host.world.wires.is_open(self._host, source, serial):
            self.router.receive(source.node, batch, self._host.clock_ms())

    def hang_up(self, other: Host, serial: int) -> None:
        """The other end is gone."""
        self._host.world.wires.drop(self._host, other, serial)

    def link_up(self, other: Host) -> None:
        self.router.link_up(other.node, self._host.clock_ms())

    def link_down(self, other: Host) -> None:
        self.router.link_down(other.node, self._host.clock_ms())

    def join(self, group: str) -> None:
        if self.router.join(group, self._host.clock_ms()):
            self._host.world.chatter.confirmed(self._host, group)

    def leave(self, group: str) -> None:
        self.router.leave(group)

    def send(self, groups: tuple[str, ...], payload: bytes) -> None:
        self.router.send(groups, payload, self._host.clock_ms())

    @property
    def _here(self) -> bool:
        return self._host.data is self

    def _tick(self) -> None:
        if self._here:
            self._host.world.kernel.after(TICK_US, self._tick)
            if not self._host.frozen:
                self.router.tick(self._host.clock_ms())
                self._settle()

    def _settle(self) -> None:
        host, world, router = self._host, self._host.world, self.router
        while router.has_effects:
            effects = router.take()
            for delivery in effects.deliveries:
                world.chatter.delivered(host, delivery.groups, delivery.payload)
            for group in effects.confirmed:
                world.chatter.confirmed(host, group)
            for notice in effects.gaps:
                world.chatter.told(host, notice)
            for node in effects.resets:
                world.wires.close(host, world.known_host(node))
        for node in router.flush():
            while (batch := router.take_batch(node)) is not None:
                world.wires.write(host, world.known_host(node), batch)
