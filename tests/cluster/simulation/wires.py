"""Virtual streams between data planes: in order and whole while they last, and gone with everything in them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cluster.simulation.host import Host
    from tests.cluster.simulation.world import World

DIAL_US = 150_000
"""How often two machines without a stream try to have one."""
RESENT = 4
"""A lost packet of a stream comes so many times later, and everything behind it as well."""


@dataclass(slots=True)
class End:
    """One end: whether it believes in the stream, and what cannot leave while the network is cut."""

    up: bool = False
    serial: int = 0
    due_us: int = 0
    stalled: deque[bytes] = field(default_factory=deque)


class Wires:
    """All streams. An end that broke does not know of the other; the other learns of it, or is silent."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ends: dict[tuple[int, int], End] = {}
        self._serial = 0
        world.kernel.after(DIAL_US, self._dial)

    def is_open(self, host: Host, other: Host, serial: int) -> bool:
        end = self._end(host, other)
        return end.up and end.serial == serial

    def write(self, host: Host, other: Host, batch: bytes) -> None:
        """Put a batch into the stream."""
        end = self._end(host, other)
        assert end.up, "nothing is written where no stream is"
        if end.stalled or not self._world.network.reaches(host.number, other.number):
            end.stalled.append(batch)
        else:
            self._carry(host, other, end, batch)

    def close(self, host: Host, other: Host) -> None:
        """Break one end; the other hears of it, if it can."""
        end = self._end(host, other)
        if end.up:
            self.drop(host, other, end.serial)
            self._tell(host, other, end.serial)

    def drop(self, host: Host, other: Host, serial: int) -> None:
        """One end is no more."""
        end = self._end(host, other)
        if end.up and end.serial == serial:
            end.up = False
            end.stalled.clear()
            if host.data is not None:
                host.data.do("link_down", other)

    def lose(self, host: Host, *, silently: bool) -> None:
        """A process has ended, or its whole machine, of which nobody is told."""
        for other in self._world.hosts:
            end = self._end(host, other)
            if end.up:
                end.up = False
                end.stalled.clear()
                if not silently:
                    self._tell(host, other, end.serial)

    def _tell(self, host: Host, other: Host, serial: int) -> None:
        network = self._world.network
        if other.data is not None and network.reaches(host.number, other.number):
            delay_us = network.latency_us(host.number, other.number)
            self._world.kernel.after(delay_us, self._arrive, other, "hang_up", host, serial)

    def _dial(self) -> None:
        self._world.kernel.after(DIAL_US, self._dial)
        for one, other in combinations(self._world.hosts, 2):
            if self._can_talk(one, other):
                here, there = self._end(one, other), self._end(other, one)
                if here.up and there.up and here.serial == there.serial:
                    self._resume(one, other, here)
                    self._resume(other, one, there)
                else:
                    self._connect(one, other)

    def _can_talk(self, one: Host, other: Host) -> bool:
        network = self._world.network
        for host, peer in ((one, other), (other, one)):
            if host.frozen or host.data is None or host.data.view is None or peer.node not in host.data.view.members:
                return False
            if not network.reaches(host.number, peer.number):
                return False
        return True

    def _connect(self, one: Host, other: Host) -> None:
        self._serial += 1
        for host, peer in ((one, other), (other, one)):
            end = self._end(host, peer)
            self.drop(host, peer, end.serial)
            end.up, end.serial, end.due_us = True, self._serial, 0
        for host, peer in ((one, other), (other, one)):
            if host.data is not None and self.is_open(host, peer, self._serial):
                host.data.do("link_up", peer)

    def _resume(self, host: Host, other: Host, end: End) -> None:
        while end.stalled:
            self._carry(host, other, end, end.stalled.popleft())

    def _carry(self, host: Host, other: Host, end: End, batch: bytes) -> None:
        network, kernel = self._world.network, self._world.kernel
        latency_us = network.latency_us(host.number, other.number)
        if kernel.rng.random() < network.weather.loss:
            latency_us *= RESENT
        end.due_us = max(end.due_us, kernel.now_us + latency_us)
        kernel.at(end.due_us, self._arrive, other, "receive", host, end.serial, batch)

    @staticmethod
    def _arrive(host: Host, what: str, other: Host, serial: int, *args: bytes) -> None:
        if host.data is not None:
            host.data.do(what, other, serial, *args)

    def _end(self, host: Host, other: Host) -> End:
        return self._ends.setdefault((host.number, other.number), End())
