"""How a job looks to those who may see it."""

from django.contrib import admin
from django.utils import timezone

from apps.jobs.admin import JobPage
from apps.jobs.models import Job


def test_the_outcome_is_a_label_in_words() -> None:
    page = JobPage(Job, admin.site)

    assert page.shown_outcome(Job(name="a.b", outcome="failed")) == ("failed", "failed")
    assert page.shown_outcome(Job(name="a.b", due_at=timezone.now())) == ("never", "never ran")
    assert page.shown_title(Job(name="a.b")) == "a.b"
