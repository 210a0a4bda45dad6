"""Tenants, and the base from which every tenant's rows inherit.

A tenant-scoped model has no query that spans tenants: `Model.objects` only answers `for_tenant`. What must cross
tenants (the admin of the whole system, sign-in, migrations) says so by name: `Model.unscoped`.
"""

from typing import ClassVar, Final, Generic, Self, TypeVar
from uuid import UUID

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.common.models import Identified

M = TypeVar("M", bound=models.Model)

SLUG_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]{0,62}\Z"
"""Short names: a company's own word or domain, so that sign-in names look like e-mail addresses."""


class UnscopedQueryError(RuntimeError):
    """A query on tenant-scoped rows did not name its tenant: a defect of the caller."""


class ScopedManager(models.Manager[M], Generic[M]):
    """Refuses every query but `for_tenant`."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Refuse: there is no query without a tenant."""
        raise UnscopedQueryError(f"{self.model.__name__}.objects needs .for_tenant(tenant_id)")

    def for_tenant(self, tenant_id: UUID) -> models.QuerySet[M]:
        """Return the rows of one tenant."""
        return super().get_queryset().filter(tenant_id=tenant_id)


class Tenant(Identified):
    """A customer of this installation: a company, a group company, an operator's own space."""

    class Status(models.TextChoices):
        """Whether its users may sign in."""

        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")

    slug = models.CharField(
        _("short name"),
        max_length=63,
        unique=True,
        validators=[RegexValidator(SLUG_PATTERN, _("Use a-z and 0-9; further on also dots, dashes and underscores."))],
        help_text=_("The part behind @ in sign-in names. It can't be changed later."),
    )
    name = models.CharField(_("name"), max_length=200)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.ACTIVE)

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"

    @property
    def is_active(self) -> bool:
        """True while its users may sign in."""
        return self.status == self.Status.ACTIVE


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
