"""The lock of a tenant's row. Whatever changes a tenant or counts against its limits takes it first of all locks."""

from uuid import UUID

from apps.tenants.errors import TenantNotFound
from apps.tenants.models import Tenant


def locked(tenant_id: UUID) -> Tenant:
    """Return the tenant, locked until the transaction ends. Rows that refer to it are made meanwhile all the same.

    Raises TenantNotFound.
    """
    tenant = Tenant.objects.select_for_update(no_key=True).filter(pk=tenant_id).first()
    if tenant is None:
        raise TenantNotFound(slug=str(tenant_id))
    return tenant
