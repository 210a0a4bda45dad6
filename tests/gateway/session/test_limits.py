"""The token bucket, and that the defaults fit together."""

import pytest

from apps.gateway.session.limits import Limits, TokenBucket


def test_takes_until_it_is_empty() -> None:
    bucket = TokenBucket(per_s=10, burst=3, now_ms=0)

    assert [bucket.take(1, 0) for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize(("elapsed_ms", "expected"), [(0, 0), (99, 0), (100, 1), (250, 2), (10_000, 3)])
def test_fills_with_time_up_to_its_burst(elapsed_ms: int, expected: int) -> None:
    bucket = TokenBucket(per_s=10, burst=3, now_ms=0)
    for _ in range(3):
        bucket.take(1, 0)

    assert sum(bucket.take(1, elapsed_ms) for _ in range(10)) == expected


def test_says_how_long_to_wait_and_keeps_its_word() -> None:
    bucket = TokenBucket(per_s=3, burst=1, now_ms=0)
    ready = bucket.wait_ms(1, 0)
    bucket.take(1, 0)

    pause = bucket.wait_ms(1, 0)

    assert ready == 0
    assert not bucket.take(1, pause - 2)
    assert bucket.take(1, pause)


def test_a_clock_that_jumps_back_gives_and_takes_nothing() -> None:
    bucket = TokenBucket(per_s=10, burst=1, now_ms=10_000)
    bucket.take(1, 10_000)

    assert not bucket.take(1, 0)
    assert bucket.take(1, 100)


def test_one_lost_heartbeat_does_not_end_a_session() -> None:
    limits = Limits()

    assert limits.idle_ms >= 2 * limits.heartbeat_ms
    assert limits.resend_ms < limits.heartbeat_ms
