"""Counters, gauges and histograms: what the code that is measured holds in its hands.

Pure, and correct from any thread without a lock. A lock would cost four times as much, and the garbage collector's
callback could find it taken by the very code it interrupts. In its place: CPython up to 3.13 switches threads only at
calls and at jumps backward, and there is neither between reading a number and writing its successor (a test reads the
byte code, and another hammers). Numbers are ints and floats, whose addition runs no other code.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from apps.metrics.families import Distribution, Labels

MAX_SERIES: Final = 256
"""Combinations of labels per metric. Further ones count together, with `other` for every label: a label that takes
its values from what people send can fill neither the memory nor the monitoring system."""
OTHER: Final = "other"


class Counter:
    """Only grows."""

    __slots__ = ("_value",)

    def __init__(self) -> None:
        self._value: float = 0

    def add(self, n: float = 1) -> None:
        """Count `n` more."""
        self._value += n

    def read(self) -> float:
        """Return how many there were."""
        return self._value


class Gauge:
    """How much there is now."""

    __slots__ = ("_value",)

    def __init__(self) -> None:
        self._value: float = 0

    def set(self, value: float) -> None:
        """There is this much now."""
        self._value = value

    def add(self, n: float = 1) -> None:
        """There is `n` more, or less where `n` is negative."""
        self._value += n

    def read(self) -> float:
        """Return how much there is."""
        return self._value


class Histogram:
    """Counts how often values fall between bounds."""

    __slots__ = ("_bounds", "_counts", "_total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._total += value

    def read(self) -> Distribution:
        """Return how the values were distributed."""
        return Distribution(self._bounds, tuple(self._counts), self._total)


class SilentCounter(Counter):
    """Counts nothing, where nothing is to be measured."""

    __slots__ = ()

    def add(self, n: float = 1) -> None:
        """Do nothing."""


class SilentGauge(Gauge):
    """Remembers nothing, where nothing is to be measured."""

    __slots__ = ()

    def set(self, value: float) -> None:
        """Do nothing."""

    def add(self, n: float = 1) -> None:
        """Do nothing."""


class SilentHistogram(Histogram):
    """Counts nothing, where nothing is to be measured."""

    __slots__ = ()

    def observe(self, value: float) -> None:
        """Do nothing."""


Instrument = TypeVar("Instrument", Counter, Gauge, Histogram)


class Labelled(Generic[Instrument]):
    """One instrument per combination of labels, made when it first comes up."""

    __slots__ = ("_children", "_make", "_names")

    def __init__(self, names: Labels, make: Callable[[], Instrument]) -> None:
        self._names = names
        self._make: Callable[[], Instrument] = make
        self._children: dict[Labels, Instrument] = {}

    def labelled(self, **labels: str) -> Instrument:
        """Return the instrument of these labels, to keep where speed matters. Raises TypeError for other names."""
        key = tuple(map(labels.get, self._names))
        child = self._children.get(key) if len(labels) == len(key) else None  # type: ignore[arg-type]  # None: no child
        if child is None:
            key = self._checked(labels)
            if key not in self._children and len(self._children) >= MAX_SERIES:
                key = (OTHER,) * len(key)
            child = self._children.setdefault(key, self._make())
        return child

    def _checked(self, labels: Mapping[str, str]) -> Labels:
        if set(labels) != set(self._names):
            raise TypeError(f"the labels are {', '.join(self._names)}, not {', '.join(labels)}")
        return tuple(str(labels[name]) for name in self._names)

    def children(self) -> Mapping[Labels, Instrument]:
        """Return the instruments there are."""
        return dict(self._children)


class LabelledCounter(Labelled[Counter]):
    """A counter per combination of labels."""

    __slots__ = ()

    def add(self, n: float = 1, **labels: str) -> None:
        """Count `n` more of these labels."""
        self.labelled(**labels).add(n)


class LabelledGauge(Labelled[Gauge]):
    """A gauge per combination of labels."""

    __slots__ = ()

    def set(self, value: float, **labels: str) -> None:
        """There is this much of these labels now."""
        self.labelled(**labels).set(value)


class LabelledHistogram(Labelled[Histogram]):
    """A histogram per combination of labels."""

    __slots__ = ()

    def observe(self, value: float, **labels: str) -> None:
        """Count one value of these labels."""
        self.labelled(**labels).observe(value)
