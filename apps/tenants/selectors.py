"""Reading tenants."""

from apps.common.text import normalized_identifier
from apps.tenants.errors import TenantNotFound
from apps.tenants.models import Tenant


def get_tenant_by_slug(slug: str) -> Tenant:
    """Return the tenant with this short name, whatever its case. Raises TenantNotFound. One query."""
    wanted = normalized_identifier(slug)
    tenant = None if "\0" in wanted else Tenant.objects.filter(slug=wanted).first()
    if tenant is None:
        raise TenantNotFound(slug=slug)
    return tenant
