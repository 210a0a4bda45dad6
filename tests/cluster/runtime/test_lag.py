"""How late things came."""

from apps.cluster.runtime.lag import RECENT_MS, Lag


def test_average_worst_and_lately_are_told() -> None:
    lag = Lag()
    start_ms = 5 * RECENT_MS

    lag.note(9, start_ms)
    lag.note(1, start_ms + RECENT_MS)
    early = lag.report(start_ms + RECENT_MS)
    late = lag.report(start_ms + 2 * RECENT_MS)
    much_later = lag.report(start_ms + 9 * RECENT_MS)

    assert early == {"count": 2, "average": 5.0, "max": 9, "lately_max": 9}
    assert late["lately_max"] == 1
    assert much_later == {"count": 2, "average": 5.0, "max": 9, "lately_max": 0.0}


def test_nothing_happened_yet() -> None:
    assert Lag().report(1) == {"count": 0, "average": 0.0, "max": 0.0, "lately_max": 0.0}
