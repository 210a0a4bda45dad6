"""Switching tenants on and off, and having them deleted: staged, and to be taken back until the erasing begins.

Whose tenant is not active can't sign in, and her open sessions end. Nothing of theirs is lost before `purge`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from apps.common.errors import InvalidInput
from apps.common.retry import run_in_transaction
from apps.events.publish import tell_tenants_changed
from apps.tenants.errors import SystemTenantStays, WrongStatus
from apps.tenants.models import Tenant
from apps.tenants.services.acting import ActorOrNone, authorise, record_change
from apps.tenants.services.locking import locked
from apps.tenants.services.making import SYSTEM_SLUG
from apps.tenants.units import TENANT_MANAGE

GRACE_DAYS: Final = 30
"""How long a tenant waits before it is erased, unless said otherwise."""
MAX_GRACE_DAYS: Final = 3_650

_Status = Tenant.Status


def suspend_tenant(tenant: Tenant, *, actor: ActorOrNone = None, now: datetime | None = None) -> None:
    """Keep the users of a tenant out: no sign-in, and their sessions end. Suspending it again changes nothing.

    Raises TenantNotFound, NotPermitted, SystemTenantStays, or WrongStatus while it waits to be deleted.
    """
    moment = now or timezone.now()

    def change(stored: Tenant) -> None:
        _require_customer(stored)
        _require_status(stored, _Status.ACTIVE, _Status.SUSPENDED)
        if stored.is_active:
            stored.status, stored.suspended_at = _Status.SUSPENDED, moment

    _change(tenant, "suspended", change, actor=actor, now=moment)


def activate_tenant(tenant: Tenant, *, actor: ActorOrNone = None, now: datetime | None = None) -> None:
    """Let the users of a tenant sign in again.

    Raises TenantNotFound, NotPermitted, or WrongStatus while it waits to be deleted.
    """

    def change(stored: Tenant) -> None:
        _require_status(stored, _Status.ACTIVE, _Status.SUSPENDED)
        stored.status, stored.suspended_at = _Status.ACTIVE, None

    _change(tenant, "activated", change, actor=actor, now=now or timezone.now())


def request_deletion(
    tenant: Tenant, *, actor: ActorOrNone = None, now: datetime | None = None, grace_days: int = GRACE_DAYS
) -> None:
    """Keep the users out at once, and let `purge_due` erase everything once the grace period is over.

    Asked again, the grace period begins anew. Raises TenantNotFound, NotPermitted, SystemTenantStays, InvalidInput or
    WrongStatus.
    """
    if not 0 <= grace_days <= MAX_GRACE_DAYS:
        raise InvalidInput(field="grace_days", reason=f"0 … {MAX_GRACE_DAYS}")
    moment = now or timezone.now()

    def change(stored: Tenant) -> None:
        _require_customer(stored)
        _require_status(stored, _Status.ACTIVE, _Status.SUSPENDED, _Status.DELETING)
        stored.status = _Status.DELETING
        stored.deletes_at = moment + timedelta(days=grace_days)

    _change(tenant, "deletion_requested", change, actor=actor, now=moment)


def cancel_deletion(tenant: Tenant, *, actor: ActorOrNone = None, now: datetime | None = None) -> None:
    """Leave the tenant as it was before: active, or suspended.

    Raises TenantNotFound, NotPermitted, or WrongStatus if it does not wait to be deleted, or too late.
    """

    def change(stored: Tenant) -> None:
        _require_status(stored, _Status.DELETING)
        stored.status = _Status.ACTIVE if stored.suspended_at is None else _Status.SUSPENDED
        stored.deletes_at = None

    _change(tenant, "deletion_cancelled", change, actor=actor, now=now or timezone.now())


def _change(tenant: Tenant, verb: str, change: Callable[[Tenant], None], *, actor: ActorOrNone, now: datetime) -> None:
    """Change the stored row under its lock, and the caller's copy of it likewise."""

    def store() -> Tenant:
        authorise(actor, TENANT_MANAGE, tenant=tenant, now=now)
        stored = locked(tenant.pk)
        before = _facts(stored)
        change(stored)
        if _facts(stored) != before:
            stored.version += 1
            stored.save(update_fields=["status", "suspended_at", "deletes_at", "version"])
            record_change(actor, verb, stored, before=before, after=_facts(stored), now=now)
            tell_tenants_changed()
        return stored

    stored = run_in_transaction(store)
    for name in ("status", "suspended_at", "deletes_at", "version"):
        setattr(tenant, name, getattr(stored, name))


def _facts(tenant: Tenant) -> dict[str, Any]:
    """What the audit log tells of a tenant's standing."""
    return {"status": str(tenant.status), "deletes_at": tenant.deletes_at}


def _require_customer(tenant: Tenant) -> None:
    if tenant.slug == SYSTEM_SLUG:
        raise SystemTenantStays


def _require_status(tenant: Tenant, *allowed: str) -> None:
    if tenant.status not in allowed:
        raise WrongStatus(slug=tenant.slug, state=tenant.get_status_display())
