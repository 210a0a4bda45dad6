"""Keeping to a tenant's limits where counting needs the tenant's lock."""

from collections.abc import Callable
from uuid import UUID

from apps.tenants.errors import TenantNotFound, UsersLimit
from apps.tenants.models import Tenant
from apps.tenants.services.locking import locked


def require_room_for_users(tenant_id: UUID, *, adding: int, count: Callable[[], int]) -> None:
    """Let so many more users in, or raise UsersLimit. To be called in the transaction that makes or activates them.

    `count` tells how many are active; it is asked under the tenant's lock, so the last place is given once. Where
    there is no limit nothing is locked and nothing counted. One query, two more (and `count`'s) where there is one.
    """
    tenant = Tenant.objects.filter(pk=tenant_id).first()
    if tenant is None:
        raise TenantNotFound(slug=str(tenant_id))
    if tenant.limits.users_max is None:
        return
    limit = locked(tenant_id).limits.users_max
    if limit is not None and count() + adding > limit:
        raise UsersLimit(limit=limit, adding=adding)
