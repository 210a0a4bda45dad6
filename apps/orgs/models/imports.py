"""Files that somebody sent to be imported: what they would do, how far that is, and their rows until then."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.common.models import Identified
from apps.orgs.models.departments import Organisation
from apps.tenants.models import TenantScoped


class Import(TenantScoped, Identified):
    """One file, read and compared with what was there. Applied part by part; nothing is done before the first."""

    class Kind(models.TextChoices):
        """What its rows are."""

        DEPARTMENTS = "departments", _("departments")
        PEOPLE = "people", _("people")

    class State(models.TextChoices):
        """How far it is."""

        READY = "ready", _("ready")
        APPLYING = "applying", _("being applied")
        APPLIED = "applied", _("applied")

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="imports", verbose_name=_("organisation")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("sent by")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    name = models.CharField(_("file name"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.READY)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    planned = models.JSONField(_("planned"), default=dict)
    """Rows by what would happen to them, as the preview found."""
    done = models.JSONField(_("done"), default=dict)
    """Rows by what has happened to them."""
    steps = models.JSONField(_("steps"), default=list)
    """[line, kind of step, subject, values] of what would happen, as the preview found; bounded."""
    findings = models.JSONField(_("findings"), default=list)
    """[line, column, code, fields] of the preview; bounded, `refused` counts all rows."""
    failures = models.JSONField(_("failures"), default=list)
    """The same of what could not be applied in the end."""
    parts = models.PositiveIntegerField(default=0)
    next_part = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    """Since when somebody is at work on the next part."""
    applied_at = models.DateTimeField(_("applied at"), null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        indexes = [models.Index(fields=["organisation", "-created_at"], name="orgs_import_listed")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()


class ImportPart(TenantScoped):
    """Some rows of an import, in the order in which they are applied, sealed: they may hold first passwords.

    It is deleted as soon as it is applied.
    """

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="stored_parts")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [models.UniqueConstraint(fields=["source", "number"], name="orgs_importpart_once")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.number}"
