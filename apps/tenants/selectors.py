"""Reading tenants."""

from uuid import UUID

from apps.common.text import normalized_identifier
from apps.tenants.errors import TenantNotFound
from apps.tenants.models import Host, Tenant


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
