"""Tenants, and the base from which every tenant's rows inherit.

A tenant-scoped model has no query that spans tenants: `Model.objects` only answers `for_tenant`. What must cross
tenants (the admin of the whole system, sign-in, migrations) says so by name: `Model.unscoped`.
"""

from typing import ClassVar, Final, Self

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.common.models import Identified, ScopedManager, UnscopedQueryError, Versioned
from apps.tenants.plans import MAX_LIMIT, SMALL, STANDARD, UNLIMITED, Limits, limits_of

__all__ = ["Host", "ScopedManager", "Tenant", "TenantScoped", "UnscopedQueryError"]

SLUG_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]{0,62}\Z"
"""Short names: a company's own word or domain, so that sign-in names look like e-mail addresses."""

MAX_HOST_CHARS: Final = 253
_LIMIT: Final = [MinValueValidator(1), MaxValueValidator(MAX_LIMIT)]


class Tenant(Identified, Versioned):
    """A customer of this installation: a company, a group company, an operator's own space."""

    class Status(models.TextChoices):
        """Whether its users may sign in. Being deleted can be taken back until the erasing has begun."""

        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        DELETING = "deleting", _("to be deleted")
        PURGING = "purging", _("being erased")

    class Plan(models.TextChoices):
        """What it may use unless its own limits say otherwise; `plans` has the figures."""

        SMALL = SMALL, _("small")
        STANDARD = STANDARD, _("standard")
        UNLIMITED = UNLIMITED, _("unlimited")

    slug = models.CharField(
        _("short name"),
        max_length=63,
        unique=True,
        validators=[RegexValidator(SLUG_PATTERN, _("Use a-z and 0-9; further on also dots, dashes and underscores."))],
        help_text=_("The part behind @ in sign-in names. It can't be changed later."),
    )
    name = models.CharField(_("name"), max_length=200)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.ACTIVE)
    suspended_at = models.DateTimeField(_("suspended at"), null=True, blank=True, editable=False)
    """Stays while the tenant waits to be deleted: taking that back leaves it as it was."""
    deletes_at = models.DateTimeField(_("is erased at"), null=True, blank=True, editable=False)
    plan = models.CharField(_("plan"), max_length=16, choices=Plan.choices, default=Plan.UNLIMITED)
    users_max = models.BigIntegerField(_("active users"), null=True, blank=True, validators=_LIMIT)
    storage_max_bytes = models.BigIntegerField(_("storage in bytes"), null=True, blank=True, validators=_LIMIT)
    group_members_max = models.BigIntegerField(_("members of a group"), null=True, blank=True, validators=_LIMIT)
    messages_per_minute_max = models.BigIntegerField(_("messages per minute"), null=True, blank=True, validators=_LIMIT)
    retention_days = models.BigIntegerField(_("days that messages are kept"), null=True, blank=True, validators=_LIMIT)
    settings = models.JSONField(_("settings"), default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["deleting", "purging"], deletes_at__isnull=False)
                | (~models.Q(status__in=["deleting", "purging"]) & models.Q(deletes_at__isnull=True)),
                name="tenants_erased_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"

    @property
    def is_active(self) -> bool:
        """True while its users may sign in."""
        return self.status == self.Status.ACTIVE

    @property
    def limits(self) -> Limits:
        """What it may use: its own limits, and its plan's for the rest."""
        return limits_of(self)


class TenantScoped(models.Model):
    """Base of rows that belong to one tenant. `unscoped` is Django's own default, so admin and relations work."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="+", verbose_name=_("tenant"), editable=False
    )

    unscoped: ClassVar[models.Manager[Self]] = models.Manager()
    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"


class Host(TenantScoped, Identified):
    """A host name at which the site serves this tenant's people: sign-in names need no suffix there."""

    name = models.CharField(_("host name"), max_length=MAX_HOST_CHARS, unique=True)

    class Meta:
        verbose_name = _("host name")
        verbose_name_plural = _("host names")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"

    def __str__(self) -> str:
        return self.name
