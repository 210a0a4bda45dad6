"""Periodic jobs at the admin: for those who run the installation, and for nobody else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.jobs import services
from apps.jobs.models import Job
from apps.jobs.registry import JOBS

LIST = "admin:jobs_job_changelist"


@pytest.fixture
def job(db: None) -> Job:
    """A real job that is due much later."""
    services.prepare()
    name = next(iter(JOBS)).name
    Job.objects.filter(pk=name).update(due_at=timezone.now() + timedelta(days=1))
    return Job.objects.get(pk=name)


@pytest.fixture
def root_pages(superuser: User) -> Client:
    client = Client()
    client.force_login(superuser)
    return client


def ask(client: Client, job: Job) -> str:
    answer = client.post(reverse(LIST), {"action": "run_now", "_selected_action": [job.pk]}, follow=True)
    return str(answer.content.decode())


def test_the_list_and_a_page_tell_what_became_of_a_job(root_pages: Client, job: Job) -> None:
    listed = root_pages.get(reverse(LIST)).content.decode()
    shown = root_pages.get(reverse("admin:jobs_job_change", args=[job.pk])).content.decode()

    assert job.title in listed
    assert listed.count("never ran") >= len(list(JOBS))
    assert job.name in shown
    assert "never ran" in shown
    assert "(&#x27;" not in shown, "a label is for lists; a page would show its two parts"


def test_a_job_is_asked_for_and_that_is_written_down(root_pages: Client, job: Job) -> None:
    said = ask(root_pages, job)

    assert "1 job will run within seconds." in said
    assert [due.name for due in services.find_due()] == [job.name]
    assert Entry.unscoped.filter(action="jobs.job.asked", target_id=job.name).count() == 1


def test_a_job_under_way_is_said_to_be(root_pages: Client, job: Job) -> None:
    services.claim(JOBS.get(job.name), node="n1", hold=timedelta(minutes=1), is_asked=True)

    said = ask(root_pages, job)

    assert "is under way" in said
    assert "will run within seconds" not in said


def test_nobody_below_the_system_sees_or_asks(boss_pages: Client, job: Job) -> None:
    codes = [
        boss_pages.get(reverse(LIST)).status_code,
        boss_pages.get(reverse("admin:jobs_job_change", args=[job.pk])).status_code,
        boss_pages.post(reverse(LIST), {"action": "run_now", "_selected_action": [job.pk]}).status_code,
    ]

    assert codes == [403, 403, 403]
    assert services.find_due() == []
