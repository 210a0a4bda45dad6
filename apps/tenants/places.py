"""What powers need to know of tenants: whether one is there, and which one is the system's own."""

from uuid import UUID

from apps.access.errors import ScopeNotFound
from apps.access.scopes import Scope
from apps.tenants.models import Tenant
from apps.tenants.services import SYSTEM_SLUG


def hold_tenant(scope: Scope) -> None:
    """Keep the tenant from being deleted until the transaction ends; others may hold it, too. Raises ScopeNotFound."""
    found = Tenant.objects.select_for_update(no_key=True).filter(pk=str(scope.tenant_id))
    if found.values_list("pk").first() is None:
        raise ScopeNotFound(scope=scope.path)


def is_system_tenant(tenant_id: UUID) -> bool:
    """Tell whether this is the tenant of the people who run the installation. One query."""
    return Tenant.objects.filter(pk=tenant_id, slug=SYSTEM_SLUG).exists()
