"""Virtual links: who hears whom, how late, how often. Faults are properties of a direction between two machines."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.cluster.simulation.kernel import Kernel


@dataclass(slots=True)
class Weather:
    """What happens to packets just now, everywhere."""

    loss: float = 0.0
    duplicates: float = 0.0
    delay_us: int = 300
    jitter_us: int = 700


class Network:
    """Machines are small numbers, so that a trace can be read."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.weather = Weather()
        self._blocked: set[tuple[int, int]] = set()
        self._slow_us: dict[int, int] = {}
        self.on_blocked: Callable[[int, int], None] = lambda _source, _target: None

    def carry(self, source: int, target: int, deliver: Callable[..., None], *args: Any) -> None:
        """Bring a packet over, or not, or twice; one may overtake another."""
        if (source, target) in self._blocked:
            return
        rng, weather = self._kernel.rng, self.weather
        if weather.loss and rng.random() < weather.loss:
            return
        self._kernel.after(self.latency_us(source, target), deliver, *args)
        if weather.duplicates and rng.random() < weather.duplicates:
            self._kernel.after(self.latency_us(source, target) * 3, deliver, *args)

    def latency_us(self, source: int, target: int) -> int:
        """How long a packet takes that leaves now."""
        slow_us = self._slow_us.get(source, 0) + self._slow_us.get(target, 0)
        return self.weather.delay_us + slow_us + int(self._kernel.rng.random() * (self.weather.jitter_us + slow_us))

    def reaches(self, source: int, target: int) -> bool:
        return (source, target) not in self._blocked

    def block(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Cut these directions."""
        fresh = sorted(set(pairs) - self._blocked)
        self._blocked.update(fresh)
        for source, target in fresh:
            self.on_blocked(source, target)

    def unblock(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Open these directions."""
        self._blocked.difference_update(pairs)

    def slow_down(self, machine: int, slow_us: int) -> None:
        self._slow_us[machine] = slow_us

    def heal(self) -> None:
        """Everybody hears everybody, soon and once."""
        self._blocked.clear()
        self._slow_us.clear()
        self.weather = Weather()
