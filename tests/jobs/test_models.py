"""Rows of jobs."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.jobs.models import Job


def test_a_job_of_another_version_is_called_by_its_name() -> None:
    assert Job(name="later.version").title == "later.version"
    assert str(Job(name="later.version")) == "later.version"


def test_the_database_refuses_a_due_time_that_was_run_already(db: None) -> None:
    now = timezone.now()
    Job.objects.create(name="a.b", due_at=now, ran_due_at=now - timedelta(seconds=1))

    with pytest.raises(IntegrityError, match="jobs_job_due_times_grow"), transaction.atomic():
        Job.objects.update(ran_due_at=now)
