"""What goes wrong, and when. Each fault is one method; a run does a few of them, overlapping, at random times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from apps.cluster.core.raft import ProposalRefused, Role
from tests.cluster.simulation.network import Weather

if TYPE_CHECKING:
    from tests.cluster.simulation.host import Host
    from tests.cluster.simulation.world import World

MS = 1_000
SHORT_MS, LONG_MS = 100, 3_000


class Faults:
    """Everything here ends by itself or with `World.heal`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = world.kernel.rng
        self._kinds: tuple[Callable[[], None], ...] = (
            self.crash,
            self.crash,
            self.crash_leader,
            self.crash_while_writing,
            self.crash_while_writing,
            self.restart_everybody,
            self.freeze,
            self.freeze_leader,
            self.split,
            self.isolate_leader,
            self.deafen,
            self.bridge,
            self.storm,
            self.storm,
            self.flicker,
            self.flicker,
            self.churn,
            self.stall,
            self.stall,
            self.slow_disk,
            self.slow_link,
            self.slow_data_plane,
            self.join,
            self.transfer,
            self.drain,
            self.leave,
            self.retire,
        )

    def schedule(self, start_us: int, length_us: int, count: int) -> None:
        for _ in range(count):
            kind = self._rng.choice(self._kinds)
            self._world.kernel.at(start_us + self._rng.randrange(length_us), self._begin, kind)

    def _begin(self, kind: Callable[[], None]) -> None:
        if not self._world.healed:
            self._world.kernel.note("fault", kind.__name__)
            kind()

    def _span_us(self) -> int:
        return self._rng.randrange(SHORT_MS, LONG_MS) * MS

    def _any(self) -> Host | None:
        running = [host for host in self._world.hosts if host.alive]
        return self._rng.choice(running) if running else None

    def _able(self) -> Host | None:
        able = [host for host in self._world.hosts if host.can_act]
        return self._rng.choice(able) if able else None

    def _leader(self) -> Host | None:
        leaders = [h for h in self._world.hosts if h.alive and h.view is not None and h.view.role is Role.LEADER]
        return self._rng.choice(leaders) if leaders else None

    def crash(self) -> None:
        self._crash(self._any())

    def crash_leader(self) -> None:
        self._crash(self._leader())

    def crash_while_writing(self) -> None:
        host = self._any()
        if host is not None:
            host.crash_at_write = self._rng.randrange(1, 6)

    def restart_everybody(self) -> None:
        for host in self._world.hosts:
            self._crash(host)

    def freeze(self) -> None:
        host = self._any()
        if host is not None:
            host.freeze(self._span_us())

    def freeze_leader(self) -> None:
        host = self._leader()
        if host is not None:
            host.freeze(self._span_us())

    def split(self) -> None:
        """Two sides that do not hear each other."""
        numbers = [host.number for host in self._world.hosts]
        self._rng.shuffle(numbers)
        cut = self._rng.randrange(len(numbers))
        self._cut([(a, b) for a in numbers[:cut] for b in numbers[cut:]], both=True)

    def isolate_leader(self) -> None:
        host = self._leader()
        if host is not None:
            self._cut([(host.number, other.number) for other in self._world.hosts if other is not host], both=True)

    def deafen(self) -> None:
        """One machine is heard and hears nobody, or the other way round."""
        host = self._any()
        if host is not None:
            pairs = [(host.number, other.number) for other in self._world.hosts if other is not host]
            heard = self._rng.random() < 0.5
            self._cut(pairs if heard else [(b, a) for a, b in pairs], both=False)

    def bridge(self) -> None:
        """Two machines do not hear each other; everybody else hears both."""
        if len(self._world.hosts) > 1:
            a, b = self._rng.sample([host.number for host in self._world.hosts], 2)
            self._cut([(a, b)], both=True)

    def storm(self) -> None:
        """Loss, duplicates, delay and overtaking, everywhere."""
        rng = self._rng
        self._world.network.weather = Weather(
            loss=rng.choice((0.0, 0.05, 0.2, 0.4)),
            duplicates=rng.choice((0.0, 0.1, 0.3)),
            delay_us=rng.choice((300, 5_000, 40_000)),
            jitter_us=rng.choice((700, 20_000, 150_000)),
        )
        self._world.kernel.after(self._span_us(), self._calm)

    def flicker(self) -> None:
        """Directions between machines are cut and opened again, faster than anybody notices."""
        numbers = [host.number for host in self._world.hosts]
        for _ in range(self._rng.randrange(5, 40)):
            if len(numbers) > 1:
                pair = (self._rng.choice(numbers), self._rng.choice(numbers))
                start_us = self._rng.randrange(2_000) * MS
                self._world.kernel.after(start_us, self._flick, [pair], self._rng.randrange(20, 700) * MS)

    def churn(self) -> None:
        """Every machine loses its power at one of its next writes."""
        for host in self._world.hosts:
            host.crash_at_write = self._rng.randrange(1, 12)

    def stall(self) -> None:
        """A process stands still in the middle of what it does."""
        host = self._any()
        if host is not None:
            host.freeze_at_effect = self._rng.randrange(1, 40)

    def slow_disk(self) -> None:
        host = self._any()
        if host is not None:
            host.write_us = self._rng.choice((20, 80, 400)) * MS

    def slow_link(self) -> None:
        host = self._any()
        if host is not None:
            self._world.network.slow_down(host.number, self._rng.choice((10, 50, 200)) * MS)

    def slow_data_plane(self) -> None:
        host = self._any()
        if host is not None:
            host.data_lag_us = self._rng.choice((20, 100, 600)) * MS

    def join(self) -> None:
        self._world.add_host(joins=True)

    def transfer(self) -> None:
        leader, target = self._leader(), self._any()
        if leader is not None and target is not None and leader.can_act:
            try:
                leader.call("transfer", target.node)
            except ProposalRefused as refused:
                self._world.kernel.note("refused", refused.reason)

    def drain(self) -> None:
        self._world.clients.drain(self._able(), self._any())

    def retire(self) -> None:
        self._world.clients.retire(self._able(), self._any())

    def leave(self) -> None:
        """A graceful restart."""
        host = self._any()
        if host is not None and host.can_act:
            host.call("leave")

    def _crash(self, host: Host | None) -> None:
        if host is not None and host.alive:
            host.crash()

    def _cut(self, pairs: list[tuple[int, int]], *, both: bool) -> None:
        pairs = pairs + [(b, a) for a, b in pairs] if both else pairs
        self._world.network.block(pairs)
        self._world.kernel.note("cut", pairs)
        self._world.kernel.after(self._span_us(), self._world.network.unblock, pairs)

    def _flick(self, pairs: list[tuple[int, int]], length_us: int) -> None:
        if not self._world.healed:
            self._world.network.block(pairs)
            self._world.kernel.after(length_us, self._world.network.unblock, pairs)

    def _calm(self) -> None:
        self._world.network.weather = Weather()
