"""Snapshots of all processes made into one timeline and one total per phase.

Pure: times come in.
"""

from typing import Any

import msgspec

from apps.loadtest.histogram import Histogram
from apps.loadtest.observing import Usage
from apps.loadtest.orders import Snapshot


class Point(msgspec.Struct):
    """One second of the test. Durations are percentiles in ms; `server_cpu` and `client_cpu` are cores."""

    second: int
    phase: str
    open: int
    waiting: int
    counts: dict[str, int]
    durations: dict[str, dict[str, float]]
    server_rss_bytes: int = 0
    server_cpu: float = 0.0
    client_rss_bytes: int = 0
    client_cpu: float = 0.0


class Recording:
    """What happened, second by second and phase by phase."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.counts: dict[str, dict[str, int]] = {}
        self.histograms: dict[str, dict[str, Histogram]] = {}
        self._open: dict[int, int] = {}
        self._waiting: dict[int, int] = {}
        self._phase = "connect"
        self._second_counts: dict[str, int] = {}
        self._second: dict[str, Histogram] = {}
        self._usage: tuple[float, Usage, Usage] | None = None

    @property
    def open(self) -> int:
        """Sessions that were signed in at the last snapshots."""
        return sum(self._open.values())

    @property
    def waiting(self) -> int:
        """Sessions that were not, but tried."""
        return sum(self._waiting.values())

    def take(self, snapshot: Snapshot) -> None:
        """Add what one process saw."""
        self._open[snapshot.number] = snapshot.open
        self._waiting[snapshot.number] = snapshot.waiting
        self._phase = snapshot.phase
        totals = self.counts.setdefault(snapshot.phase, {})
        for name, count in snapshot.counts.items():
            totals[name] = totals.get(name, 0) + count
            self._second_counts[name] = self._second_counts.get(name, 0) + count
        histograms = self.histograms.setdefault(snapshot.phase, {})
        for name, plain in snapshot.histograms.items():
            part = Histogram.from_plain(plain)
            histograms.setdefault(name, Histogram()).add(part)
            self._second.setdefault(name, Histogram()).add(part)

    def end_second(self, elapsed_s: float, server: Usage, client: Usage) -> Point:
        """Close the present second of the timeline and return it."""
        point = Point(
            second=round(elapsed_s),
            phase=self._phase,
            open=self.open,
            waiting=self.waiting,
            counts=self._second_counts,
            durations={name: histogram.summary_ms() for name, histogram in self._second.items()},
            server_rss_bytes=server.rss_bytes,
            client_rss_bytes=client.rss_bytes,
        )
        if self._usage is not None:
            before_s, server_before, client_before = self._usage
            passed_s = max(0.001, elapsed_s - before_s)
            point.server_cpu = round((server.cpu_s - server_before.cpu_s) / passed_s, 3)
            point.client_cpu = round((client.cpu_s - client_before.cpu_s) / passed_s, 3)
        self._usage = (elapsed_s, server, client)
        self._second_counts, self._second = {}, {}
        self.points.append(point)
        return point

    def total(self, name: str) -> int:
        """Return a count over all phases."""
        return sum(counts.get(name, 0) for counts in self.counts.values())

    def summary(self, phase: str) -> dict[str, Any]:
        """Return counts and durations of one phase."""
        return {
            "counts": dict(sorted(self.counts.get(phase, {}).items())),
            "durations_ms": {
                name: histogram.summary_ms() for name, histogram in sorted(self.histograms.get(phase, {}).items())
            },
        }
