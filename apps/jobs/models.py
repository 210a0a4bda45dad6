"""When each job is due, and what became of its last run. One row per job; they belong to the installation.

Rows are changed by `services` alone, which compare the fence in the write itself.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.jobs.registry import JOBS, MAX_NAME_CHARS

MAX_NODE_CHARS = 64
MAX_CODE_CHARS = 64


class Job(models.Model):
    """A job by its name. `fence` counts its runs: what a run writes holds only while its number is the last one."""

    class Outcome(models.TextChoices):
        """What became of the last run."""

        NONE = "", _("never ran")
        RUNNING = "running", _("under way")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        OVERRAN = "overran", _("took too long")
        INTERRUPTED = "interrupted", _("interrupted: its node stopped")
        LOST = "lost", _("lost: its node was silent")

    name = models.CharField(_("name"), max_length=MAX_NAME_CHARS, primary_key=True, editable=False)
    due_at = models.DateTimeField(_("next run"), db_index=True, editable=False)
    fence = models.BigIntegerField(_("runs"), default=0, editable=False)
    outcome = models.CharField(
        _("outcome"), max_length=16, choices=Outcome.choices, default=Outcome.NONE, blank=True, editable=False
    )
    code = models.CharField(_("error"), max_length=MAX_CODE_CHARS, blank=True, default="", editable=False)
    """Of a run that failed: the stable code of its error, `internal` for one that nobody anticipated."""
    done = models.PositiveBigIntegerField(_("things done"), default=0, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    node = models.CharField(_("node"), max_length=MAX_NODE_CHARS, blank=True, default="", editable=False)
    ran_due_at = models.DateTimeField(_("was due at"), null=True, editable=False)
    """The due time that the last run was for. Due times only grow, so none is run twice."""
    started_at = models.DateTimeField(_("began"), null=True, editable=False)
    finished_at = models.DateTimeField(_("ended"), null=True, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    """While a run is under way: until when its node has to be heard of, or the run counts as lost."""

    objects: ClassVar[models.Manager["Job"]] = models.Manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ran_due_at__isnull=True) | models.Q(due_at__gt=models.F("ran_due_at")),
                name="jobs_job_due_times_grow",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What people call it; its name, where this program does not have it (any more)."""
        job = JOBS.find(self.name)
        return self.name if job is None else str(job.title)
