"""What is kept of a directory: its runs, its departments here, and whom a run keeps out."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.common.models import Identified
from apps.identity.models.connections import Connection
from apps.identity.models.links import MAX_EXTERNAL_ID_CHARS
from apps.orgs.models import Department
from apps.tenants.models import TenantScoped


class DirectoryRun(TenantScoped, Identified):
    """One comparison of a directory with what is here, and what has become of it."""

    class State(models.TextChoices):
        """How far it is."""

        READING = "reading", _("reading the directory")
        PREVIEWED = "previewed", _("previewed")
        STOPPED = "stopped", _("stopped: too much would vanish")
        APPLYING = "applying", _("being applied")
        APPLIED = "applied", _("applied")
        STALE = "stale", _("not done: something has changed since the preview")
        FAILED = "failed", _("failed")

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="runs", verbose_name=_("connection")
    )
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.PREVIEWED)
    started_by = models.CharField(_("started by"), max_length=128)
    counts = models.JSONField(_("changes"), default=dict)
    """Steps by kind, as planned."""
    changes = models.JSONField(default=list)
    """[kind, subject, {what: value}] of each step; bounded, `counts` has all. Early runs have words for the last."""
    digest = models.CharField(max_length=64, blank=True, editable=False, default="", db_default="")
    """Of the whole plan: whether what was previewed is what would be done now."""
    findings = models.JSONField(default=list)
    """[code, subject, detail] of what is left as it is, and of steps that were refused in the end; bounded."""
    vanishing = models.JSONField(default=dict)
    """How many people and departments would vanish, of how many."""
    trouble = models.CharField(_("trouble"), max_length=32, blank=True)
    """Why it failed, by a stable code: of the directory's, or of the run's own."""
    detail = models.CharField(max_length=300, blank=True)
    done = models.PositiveIntegerField(_("done"), default=0)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("directory run")
        verbose_name_plural = _("directory runs")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        indexes = [models.Index(fields=["connection", "-created_at"], name="identity_run_listed")]

    def __str__(self) -> str:
        return f"{self.state} {self.id}"


class DirectoryClock(TenantScoped):
    """When a directory is due, and since when somebody is at work on it: one run at a time."""

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, primary_key=True, related_name="clock", verbose_name=_("connection")
    )
    due_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"

    def __str__(self) -> str:
        return str(self.connection_id)


class DepartmentLink(TenantScoped, Identified):
    """A department that is a directory's. `external_id` is its lasting name there."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="department_links")
    department = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="directory_links")
    external_id = models.CharField(max_length=MAX_EXTERNAL_ID_CHARS)

    class Meta:
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["connection", "external_id"], name="identity_departmentlink_key_once"),
            models.UniqueConstraint(fields=["department"], name="identity_departmentlink_department_once"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} ({self.connection_id})"


class Absence(TenantScoped, Identified):
    """A person whom a directory keeps out; when it has her again, she is let in. Others are not the directory's."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="absences")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [models.UniqueConstraint(fields=["connection", "user"], name="identity_absence_once")]

    def __str__(self) -> str:
        return f"{self.user_id} ({self.connection_id})"
