"""The clock of leases."""

import time

import pytest

from apps.cluster.runtime import clock


def test_it_counts_milliseconds_of_the_chosen_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "clock_gettime_ns", {clock.CLOCK: 12_345_678_999}.__getitem__)

    assert clock.monotonic_ms() == 12_345


def test_it_never_runs_backward() -> None:
    times = [clock.monotonic_ms() for _ in range(100)]

    assert times == sorted(times)
