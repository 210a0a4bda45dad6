"""Histograms of durations."""

from hypothesis import given
from hypothesis import strategies as st

from apps.loadtest.histogram import MAX_US, Histogram, bucket_of, bucket_top

DURATIONS = st.lists(st.integers(0, MAX_US), min_size=1, max_size=200)


def histogram(durations: list[int]) -> Histogram:
    made = Histogram()
    for duration in durations:
        made.record(duration)
    return made


@given(st.integers(0, MAX_US))
def test_a_bucket_holds_its_durations_and_is_narrow(us: int) -> None:
    top = bucket_top(bucket_of(us))

    assert us <= top <= us * 33 // 32 + 1
    assert bucket_of(top) == bucket_of(us)
    assert bucket_of(top + 1) == bucket_of(us) + 1


@given(DURATIONS, st.sampled_from([0.0, 50.0, 90.0, 99.0, 99.9, 100.0]))
def test_a_percentile_is_never_too_low_and_hardly_too_high(durations: list[int], percent: float) -> None:
    exact = next(
        value for rank, value in enumerate(sorted(durations), 1) if rank >= max(1, len(durations) * percent / 100)
    )

    found = histogram(durations).percentile_us(percent)

    assert exact <= found <= exact * 33 // 32 + 1


@given(DURATIONS, DURATIONS)
def test_added_histograms_are_one_of_all_durations(first: list[int], second: list[int]) -> None:
    added = histogram(first)

    added.add(Histogram.from_plain(histogram(second).to_plain()))

    assert added.to_plain() == histogram(first + second).to_plain()
    assert added.count == len(first) + len(second)


def test_durations_out_of_range_count_as_the_nearest() -> None:
    made = histogram([-5, MAX_US * 2])

    assert (made.percentile_us(1), made.max_us) == (0, MAX_US)


def test_the_summary_is_in_milliseconds() -> None:
    summary = histogram([1000] * 99 + [50_000]).summary_ms()

    assert summary["count"] == 100
    assert summary["mean"] == 1.49
    assert 1.0 <= summary["p50"] == summary["p99"] <= 1.032
    assert summary["p99.9"] == summary["max"] == 50.0


def test_of_nothing_all_figures_are_zero() -> None:
    assert Histogram().percentile_us(99) == 0
    assert set(Histogram().summary_ms().values()) == {0}
