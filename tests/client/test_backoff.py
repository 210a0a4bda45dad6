"""Pauses grow, stay bounded and are spread."""

import pytest

from apps.client.backoff import Backoff, pause_after


def test_pauses_double_until_the_cap() -> None:
    pauses = [pause_after(n, base_s=1, cap_s=10, jitter=1) for n in range(6)]

    assert pauses == [1, 2, 4, 8, 10, 10]


def test_many_failures_do_not_overflow() -> None:
    assert pause_after(10_000, base_s=0.25, cap_s=20, jitter=1) == 20


def test_jitter_picks_from_the_upper_half() -> None:
    assert pause_after(2, base_s=1, cap_s=10, jitter=0) == 2
    assert 2 < pause_after(2, base_s=1, cap_s=10, jitter=0.5) < 4


def test_reset_starts_over() -> None:
    backoff = Backoff(base_s=1, cap_s=60, jitter=lambda: 1.0)
    grown = [backoff.next_pause_s(), backoff.next_pause_s()]

    backoff.reset()

    assert [*grown, backoff.next_pause_s()] == [1, 2, 1]


def test_a_server_that_asks_for_more_time_gets_it() -> None:
    backoff = Backoff(base_s=1, cap_s=60, jitter=lambda: 1.0)

    assert backoff.next_pause_s(at_least_s=30) == 30


def test_a_cap_under_the_base_is_refused() -> None:
    with pytest.raises(ValueError, match="back-off needs"):
        Backoff(base_s=2, cap_s=1)
