"""Abstract bases that every app's rows share, the manager that never forgets the tenant, and kept answers."""

from datetime import timedelta
from typing import ClassVar, Final, Generic, Self, TypeVar
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.common.ids import new_id

M = TypeVar("M", bound=models.Model)


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


class Identified(models.Model):
    """A row with a UUIDv7 key, made by the server."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        abstract = True


class Versioned(models.Model):
    """A row that people edit: each change counts its version up, and an edit of an older version is refused.

    Services compare under the row's lock (`apps.common.errors.Stale`) and store the next number with the change.
    """

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        abstract = True


class TenantKeyed(models.Model):
    """A row of one tenant in an app that lies below the one with tenants, so it knows no more than the id.

    Above, rows inherit from `apps.tenants.models.TenantScoped`, which refers to the tenant itself.
    """

    tenant_id = models.UUIDField(_("tenant"), editable=False)

    unscoped: ClassVar[models.Manager[Self]] = models.Manager()
    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"


ANSWERS_KEPT_FOR: Final = timedelta(hours=24)
"""An idempotency key may be used anew afterwards."""


class KeptAnswer(TenantKeyed, Identified):
    """What a request with an idempotency key was answered, for `apps.common.rest.idempotency`. `body` is JSON.

    `status` 0 is never seen by others: the row becomes visible with its answer. It holds no secrets, as no answer does.
    """

    user_id = models.UUIDField(_("user"), editable=False)
    key = models.CharField(_("key"), max_length=200, editable=False)
    digest = models.BinaryField(_("digest"), max_length=32, editable=False)
    status = models.PositiveSmallIntegerField(_("status"), editable=False)
    etag = models.CharField(_("version"), max_length=32, blank=True, editable=False)
    body = models.BinaryField(_("answer"), editable=False)

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="common_keptanswer_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"
