"""Everything that is measured in this process, by name.

Pure: it neither waits nor reads a clock, and logs nothing. Not here: how any of it reaches a monitoring system.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar, overload

from apps.metrics.families import SECONDS, Family, Kind, Labels, Value
from apps.metrics.instruments import (
    Counter,
    Gauge,
    Histogram,
    Labelled,
    LabelledCounter,
    LabelledGauge,
    LabelledHistogram,
    SilentCounter,
    SilentGauge,
    SilentHistogram,
)

NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
FAILED_READS: Final = "im_metrics_failed_reads_total"

Observed = float | Mapping[Labels, float] | None
"""One value, or one per combination of labels; None where there is nothing to see now."""
Read = Callable[[], Observed]
Holder = Counter | Gauge | Histogram | Labelled[Any]
Held = TypeVar("Held", bound=Holder)


class MetricConflict(ValueError):
    """Two parts of the program mean different things by one name, or a name is none."""


class _Entry:
    """A metric and where its values come from."""

    __slots__ = ("bounds", "holder", "kind", "labels", "name", "read", "text")

    def __init__(self, name: str, text: str, kind: Kind, labels: Labels, bounds: tuple[float, ...] = ()) -> None:
        self.name, self.text, self.kind, self.labels, self.bounds = name, text, kind, labels, bounds
        self.holder: Holder | None = None
        self.read: Read | None = None

    def means(self) -> tuple[object, ...]:
        """Return what two entries of one name have to agree on."""
        return self.kind, self.labels, self.bounds, self.read is None

    def samples(self) -> Mapping[Labels, Value]:
        """Return the values there are now. Raises whatever reading an observed one raises."""
        if isinstance(self.holder, Labelled):
            return {labels: child.read() for labels, child in self.holder.children().items()}
        if self.holder is not None:
            return {(): self.holder.read()}
        found = self.read() if self.read is not None else None
        if found is None:
            return {}
        return dict(found) if isinstance(found, Mapping) else {(): found}


class Registry:
    """The metrics of a process. Asking twice for a name gives the same instrument."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._silent = False
        self._failed = self.counter(FAILED_READS, "Values that could not be read when somebody asked for them.")

    def silence(self) -> None:
        """Make every instrument from now on one that does nothing: for comparison, and for whoever wants none."""
        self._silent = True

    @overload
    def counter(self, name: str, text: str) -> Counter: ...
    @overload
    def counter(self, name: str, text: str, labels: Labels) -> LabelledCounter: ...
    def counter(self, name: str, text: str, labels: Labels = ()) -> Counter | LabelledCounter:
        """Return a counter; its name ends in `_total`. Raises MetricConflict."""
        make = SilentCounter if self._silent else Counter
        entry = _Entry(name, text, Kind.COUNTER, labels)
        if labels:
            return self._keep(entry, LabelledCounter(labels, make))
        return self._keep(entry, make())

    @overload
    def gauge(self, name: str, text: str) -> Gauge: ...
    @overload
    def gauge(self, name: str, text: str, labels: Labels) -> LabelledGauge: ...
    def gauge(self, name: str, text: str, labels: Labels = ()) -> Gauge | LabelledGauge:
        """Return a gauge. Raises MetricConflict."""
        make = SilentGauge if self._silent else Gauge
        entry = _Entry(name, text, Kind.GAUGE, labels)
        if labels:
            return self._keep(entry, LabelledGauge(labels, make))
        return self._keep(entry, make())

    @overload
    def histogram(self, name: str, text: str, *, buckets: tuple[float, ...] = SECONDS) -> Histogram: ...
    @overload
    def histogram(
        self, name: str, text: str, labels: Labels, *, buckets: tuple[float, ...] = SECONDS
    ) -> LabelledHistogram: ...
    def histogram(
        self, name: str, text: str, labels: Labels = (), *, buckets: tuple[float, ...] = SECONDS
    ) -> Histogram | LabelledHistogram:
        """Return a histogram over ascending upper bounds. Raises MetricConflict."""
        kind = SilentHistogram if self._silent else Histogram
        entry = _Entry(name, text, Kind.HISTOGRAM, labels, buckets)
        if not buckets or list(buckets) != sorted(set(buckets)):
            raise MetricConflict(f"the bounds of {name} do not ascend")
        if labels:
            return self._keep(entry, LabelledHistogram(labels, lambda: kind(buckets)))
        return self._keep(entry, kind(buckets))

    def observe_gauge(self, name: str, text: str, read: Read, labels: Labels = ()) -> None:
        """Have `read` called, from any thread, whenever somebody asks. The last one counts. Raises MetricConflict."""
        self._watch(_Entry(name, text, Kind.GAUGE, labels), read)

    def observe_counter(self, name: str, text: str, read: Read, labels: Labels = ()) -> None:
        """As `observe_gauge`, for what only grows and is counted elsewhere already."""
        self._watch(_Entry(name, text, Kind.COUNTER, labels), read)

    def snapshot(self) -> list[Family]:
        """Return everything there is, by name. What can't be read is left out, and counted."""
        families = []
        for entry in sorted(self._entries.values(), key=lambda entry: entry.name):
            try:
                samples = entry.samples()
            except Exception:
                self._failed.add()
                continue
            if samples:
                families.append(Family(entry.name, entry.text, entry.kind, entry.labels, samples))
        return [] if self._silent else families

    def _keep(self, entry: _Entry, holder: Held) -> Held:
        entry.holder = holder
        known = self._entries.setdefault(self._checked(entry).name, entry)
        if known.means() != entry.means():
            raise MetricConflict(f"{entry.name} is measured already, in another way")
        return known.holder  # type: ignore[return-value]  # of the same kind and labels, so of the same class

    def _watch(self, entry: _Entry, read: Read) -> None:
        entry.read = read
        known = self._entries.setdefault(self._checked(entry).name, entry)
        if known.means() != entry.means():
            raise MetricConflict(f"{entry.name} is measured already, in another way")
        known.read = read

    def _checked(self, entry: _Entry) -> _Entry:
        if not NAME.fullmatch(entry.name):
            raise MetricConflict(f"{entry.name!r} is no name of a metric")
        if entry.name.endswith("_total") != (entry.kind is Kind.COUNTER):
            raise MetricConflict(f"counters, and nothing else, end in _total: {entry.name}")
        return entry
