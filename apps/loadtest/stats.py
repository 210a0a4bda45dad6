"""Counts and durations of one process since its last snapshot.

Pure. Names are stable: they stand in results.
"""

from typing import Final

from apps.loadtest.histogram import Histogram
from apps.loadtest.orders import Snapshot, plain_histograms

DURATIONS: Final = ("sign_in", "heartbeat", "ack", "delivery", "away", "client_lag")
"""From dialling to welcome; from a heartbeat to its answer; from when a message was due to its ack, and to each
member; from a broken connection to the next welcome; by how much this process came too late to its own timers."""


class Stats:
    """What has happened since `take` was called last."""

    __slots__ = ("ack", "away", "client_lag", "counts", "delivery", "heartbeat", "sign_in")

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._reset()

    def count(self, name: str, amount: int = 1) -> None:
        """Add to a count; it begins at 0."""
        self.counts[name] = self.counts.get(name, 0) + amount

    def take(self, *, number: int, phase: str, open_sessions: int, waiting: int) -> Snapshot:
        """Return what happened, and begin anew."""
        histograms = {name: getattr(self, name) for name in DURATIONS}
        snapshot = Snapshot(
            number=number,
            phase=phase,
            open=open_sessions,
            waiting=waiting,
            counts=self.counts,
            histograms=plain_histograms(histograms),
        )
        self.counts = {}
        self._reset()
        return snapshot

    def _reset(self) -> None:
        self.sign_in = Histogram()
        self.heartbeat = Histogram()
        self.ack = Histogram()
        self.delivery = Histogram()
        self.away = Histogram()
        self.client_lag = Histogram()
