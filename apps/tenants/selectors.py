"""Reading tenants."""

from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Q

from apps.common.text import normalized_identifier
from apps.tenants.errors import TenantNotFound
from apps.tenants.models import Host, Tenant
from apps.tenants.plans import PLANS

_PLANS_WITH_RETENTION: Final = [name for name, limits in PLANS.items() if limits.retention_days is not None]
_PLANS_WITH_RATE: Final = [name for name, limits in PLANS.items() if limits.messages_per_minute_max is not None]


class Standing(NamedTuple):
    """What a node has to know of a tenant whose people are connected to it."""

    tenant_id: UUID
    is_active: bool
    messages_per_minute_max: int | None


def get_tenant(tenant_id: UUID) -> Tenant:
    """Return a tenant. Raises TenantNotFound. One query."""
    tenant = Tenant.objects.filter(pk=tenant_id).first()
    if tenant is None:
        raise TenantNotFound(slug=str(tenant_id))
    return tenant


def get_tenant_by_slug(slug: str) -> Tenant:
    """Return the tenant with this short name, whatever its case. Raises TenantNotFound. One query."""
    wanted = normalized_identifier(slug)
    tenant = None if "\0" in wanted else Tenant.objects.filter(slug=wanted).first()
    if tenant is None:
        raise TenantNotFound(slug=slug)
    return tenant


def hosts_of(tenant_id: UUID) -> list[str]:
    """Return a tenant's host names, in order. One query."""
    return list(Host.objects.for_tenant(tenant_id).order_by("name").values_list("name", flat=True))


def unusual_standings() -> list[Standing]:
    """Return the tenants that are not active, or that may send so many messages only. One query."""
    limited = Q(plan__in=_PLANS_WITH_RATE) | Q(messages_per_minute_max__isnull=False)
    tenants = Tenant.objects.filter(~Q(status=Tenant.Status.ACTIVE) | limited)
    return [Standing(tenant.id, tenant.is_active, tenant.limits.messages_per_minute_max) for tenant in tenants]


def tenants_with_retention() -> list[Tenant]:
    """Return the tenants whose messages are kept for so many days only, by short name. One query."""
    limited = Q(plan__in=_PLANS_WITH_RETENTION) | Q(retention_days__isnull=False)
    return list(Tenant.objects.filter(limited).exclude(status=Tenant.Status.PURGING).order_by("slug"))
