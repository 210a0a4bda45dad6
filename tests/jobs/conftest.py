"""A registry of its own for every test, and jobs that do what the test says."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models.functions import Now
from pytest_django import DjangoDbBlocker

from apps.jobs import services
from apps.jobs.models import Job
from apps.jobs.registry import Periodic, Registry, Work
from apps.jobs.services import Claim

HOLD = timedelta(seconds=60)
"""No test takes as long."""


def job_of(work: Work = lambda turn: None, *, name: str = "tests.nothing", every_s: float = 3600) -> Periodic:
    """A job that is due once an hour and may take a minute."""
    return Periodic(name=name, title="Nothing", every=timedelta(seconds=every_s), limit=timedelta(minutes=1), work=work)


def make_due(name: str, *, ago: timedelta = timedelta(seconds=1)) -> None:
    """Let a job's time have come."""
    Job.objects.filter(name=name).update(due_at=Now() - ago)


def make_silent(name: str) -> None:
    """Let a run's node not have been heard of for too long."""
    Job.objects.filter(name=name).update(held_until=Now() - timedelta(seconds=1))


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database as threads see it, too. Rows of jobs are all that such a test may make; they go afterwards, which
    is a hundredth of the work of emptying every table."""
    with django_db_blocker.unblock():
        Job.objects.all().delete()
        yield
        Job.objects.all().delete()
        connections.close_all()


@pytest.fixture
def jobs() -> Registry:
    return Registry()


@pytest.fixture
def due(db: None) -> Periodic:
    """A job whose time has come."""
    job = job_of()
    services.prepare([job])
    make_due(job.name)
    return job


@pytest.fixture
def begin() -> Callable[[Periodic], Claim]:
    """Claim a job that is free."""

    def claimed(job: Periodic) -> Claim:
        held = services.claim(job, node="n1", hold=HOLD, is_asked=True)
        assert held is not None
        return held

    return claimed
