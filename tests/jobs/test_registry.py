"""Which jobs there are."""

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.jobs.errors import JobUnknown
from apps.jobs.registry import JOBS, Periodic, Registry
from tests.jobs.conftest import job_of


def test_jobs_are_found_by_name_and_listed_in_order(jobs: Registry) -> None:
    two, one = job_of(name="b.two"), job_of(name="a.one")
    jobs.register(two)
    jobs.register(one)

    assert list(jobs) == [one, two]
    assert jobs.get("b.two") is jobs.find("b.two") is two


def test_a_job_is_registered_once(jobs: Registry) -> None:
    jobs.register(job_of())

    with pytest.raises(ImproperlyConfigured, match="twice"):
        jobs.register(job_of())


def test_an_unknown_job_is_refused_or_none(jobs: Registry) -> None:
    assert jobs.find("a.b") is None
    with pytest.raises(JobUnknown):
        jobs.get("a.b")


@pytest.mark.parametrize("name", ["", "sessions", "a.b.c", "A.b", "a.b-c", f"a.{'b' * 63}"])
def test_names_tell_the_app_and_what_it_does(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="no name"):
        job_of(name=name)


@pytest.mark.parametrize(("every_s", "limit_s"), [(0, 60), (60, 0), (60, 86_401)])
def test_times_have_bounds(every_s: int, limit_s: int) -> None:
    with pytest.raises(ImproperlyConfigured, match="no plan"):
        Periodic(
            name="a.b",
            title="",
            every=timedelta(seconds=every_s),
            limit=timedelta(seconds=limit_s),
            work=lambda turn: None,
        )


def test_every_job_of_the_program_has_a_title_and_a_time_that_is_longer_than_a_look() -> None:
    for job in JOBS:
        assert str(job.title)
        assert job.every >= timedelta(seconds=30)
