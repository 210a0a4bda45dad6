"""Milliseconds and datetimes convert without loss."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.clock import now_ms, to_datetime, to_ms, to_us


@given(st.integers(min_value=0, max_value=4_102_444_800_000))
def test_milliseconds_survive_the_way_to_a_datetime_and_back(time_ms: int) -> None:
    assert to_ms(to_datetime(time_ms)) == time_ms


def test_a_datetime_is_aware_and_in_utc() -> None:
    assert to_datetime(1_700_000_000_123) == datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC)


@pytest.mark.parametrize(("microsecond", "expected"), [(0, 0), (999, 0), (1_000, 1), (999_999, 999)])
def test_microseconds_are_rounded_down(microsecond: int, expected: int) -> None:
    assert to_ms(datetime(1970, 1, 1, microsecond=microsecond, tzinfo=UTC)) == expected


def test_now_lies_between_two_readings_of_the_system_clock() -> None:
    before = time.time_ns() // 1_000_000

    reading = now_ms()

    assert before <= reading <= time.time_ns() // 1_000_000


@pytest.mark.parametrize("microsecond", [0, 1, 999_999])
def test_microseconds_since_1970_are_exact(microsecond: int) -> None:
    moment = datetime(2262, 4, 11, 23, 47, 16, microsecond, tzinfo=UTC)

    time_us = to_us(moment)

    assert divmod(time_us, 1_000_000) == (9_223_372_036, microsecond)


def test_microseconds_before_1970_are_negative() -> None:
    assert to_us(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
