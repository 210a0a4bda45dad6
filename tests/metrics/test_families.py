"""Distributions answer what was typical and what was rare, within what their buckets know."""

import pytest

from apps.metrics.families import Distribution

BOUNDS = (1.0, 2.0, 4.0)


def distribution(*counts: int, total: float = 0.0) -> Distribution:
    return Distribution(BOUNDS, counts, total)


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [
        ((4, 0, 0, 0), 0.5, 0.5),
        ((2, 2, 0, 0), 0.5, 1.0),
        ((2, 2, 0, 0), 0.75, 1.5),
        ((0, 0, 10, 0), 0.5, 3.0),
        ((0, 0, 0, 3), 0.5, 4.0),
        ((5, 0, 0, 5), 0.99, 4.0),
        ((0, 4, 0, 0), 0.0, 1.0),
    ],
)
def test_a_quantile_lies_straight_within_its_bucket(counts: tuple[int, ...], share: float, expected: float) -> None:
    assert distribution(*counts).quantile(share) == pytest.approx(expected)


def test_without_values_there_is_no_quantile_and_no_mean() -> None:
    nothing = distribution(0, 0, 0, 0)

    assert nothing.quantile(0.5) is None
    assert nothing.mean is None


def test_the_mean_is_exact() -> None:
    assert distribution(1, 1, 0, 0, total=2.5).mean == 1.25


def test_cumulative_counts_end_with_all() -> None:
    assert distribution(1, 2, 0, 4).cumulative() == [1, 3, 3, 7]


def test_what_came_since_and_what_there_was_make_the_whole() -> None:
    then, now = distribution(1, 0, 2, 0, total=5.0), distribution(3, 0, 2, 1, total=11.0)

    fresh = now.since(then)

    assert fresh == distribution(2, 0, 0, 1, total=6.0)
    assert then.plus(fresh) == now
