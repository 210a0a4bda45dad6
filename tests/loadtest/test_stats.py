"""Counts and durations between two snapshots."""

from apps.loadtest.histogram import Histogram
from apps.loadtest.stats import DURATIONS, Stats


def test_a_snapshot_has_what_happened_since_the_one_before() -> None:
    stats = Stats()
    stats.count("sent")
    stats.count("sent", 2)
    stats.ack.record(7)

    first = stats.take(number=3, phase="measure", open_sessions=5, waiting=1)
    second = stats.take(number=3, phase="settle", open_sessions=5, waiting=1)

    assert (first.number, first.phase, first.open, first.waiting) == (3, "measure", 5, 1)
    assert first.counts == {"sent": 3}
    assert Histogram.from_plain(first.histograms["ack"]).count == 1
    assert (second.counts, second.histograms) == ({}, {})


def test_every_duration_has_its_histogram() -> None:
    stats = Stats()
    for name in DURATIONS:
        getattr(stats, name).record(1)

    assert set(stats.take(number=0, phase="x", open_sessions=0, waiting=0).histograms) == set(DURATIONS)
