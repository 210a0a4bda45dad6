"""Where people work, and what else the directory knows of a person. The person is `accounts.User`."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.common.models import Identified, Versioned
from apps.orgs.models.departments import Department
from apps.tenants.models import TenantScoped

MAX_TITLE_CHARS: Final = 100


class Placement(TenantScoped, Identified, Versioned):
    """A person's place in a department. She may have several; at most one of them is her primary one."""

    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="placements", verbose_name=_("department")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="placements", verbose_name=_("person")
    )
    title = models.CharField(_("title"), max_length=MAX_TITLE_CHARS, blank=True)
    is_primary = models.BooleanField(_("primary"), default=False)
    is_leader = models.BooleanField(_("leader"), default=False)
    sort = models.IntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            # With the tenant within it, counting who is where reads this index alone.
            models.UniqueConstraint(fields=["department", "user"], include=["tenant"], name="orgs_placement_once"),
            models.UniqueConstraint(fields=["user"], condition=Q(is_primary=True), name="orgs_placement_one_primary"),
        ]
        indexes = [
            models.Index(fields=["department", "-is_leader", "sort", "id"], name="orgs_placement_listed"),
        ]

    def __str__(self) -> str:
        """By names where those rows were read along, else by ids: this asks the database for nothing."""
        read = self._state.fields_cache
        return f"{read.get('user', self.user_id)} in {read.get('department', self.department_id)}"


class PersonSettings(TenantScoped):
    """What makes a person an exception in the directory; most have no such row."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="directory_settings",
        verbose_name=_("person"),
    )
    is_hidden = models.BooleanField(
        _("hidden"), default=False, help_text=_("Only people of the same hidden departments and contacts see her.")
    )
    is_guest = models.BooleanField(
        _("guest"), default=False, help_text=_("Sees and is seen by accepted contacts only.")
    )

    class Meta:
        verbose_name = _("directory settings")
        verbose_name_plural = _("directory settings")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"

    def __str__(self) -> str:
        return str(self.user_id)
