"""When a job is due."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.jobs.pacing import FIRST_WITHIN, first_due, next_due, retry_due

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_jobs_that_never_ran_begin_at_different_times_soon() -> None:
    assert first_due(NOW, HOUR, luck=0) == NOW
    assert first_due(NOW, HOUR, luck=0.5) == NOW + FIRST_WITHIN / 2


def test_a_job_that_is_due_often_is_not_late_the_first_time() -> None:
    assert first_due(NOW, timedelta(seconds=10), luck=0.5) == NOW + timedelta(seconds=5)


@pytest.mark.parametrize(("luck", "minutes"), [(0, 54), (0.5, 60), (1, 66)])
def test_the_next_time_is_an_interval_later_more_or_less(luck: float, minutes: int) -> None:
    assert next_due(NOW, HOUR, luck=luck) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(("failures", "seconds"), [(1, 10), (2, 20), (3, 40), (9, 2560), (10, 3600), (10**6, 3600)])
def test_failures_are_tried_again_later_and_later_up_to_the_interval(failures: int, seconds: int) -> None:
    assert retry_due(NOW, HOUR, failures=failures, first=timedelta(seconds=10)) == NOW + timedelta(seconds=seconds)
