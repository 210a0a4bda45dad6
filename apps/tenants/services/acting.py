"""Who acts on a tenant: may she, and the entry of the audit log that tells of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.access.scopes import SYSTEM, tenant_scope
from apps.access.selectors import Actor, powers_of
from apps.access.units import Unit
from apps.audit.chain import differences
from apps.audit.services import Change, record
from apps.tenants.models import Tenant

ActorOrNone = Actor | None
"""None is the installation itself: its command line, its own upkeep."""

WORDS: Final[Mapping[str, Promise]] = {
    "tenants.tenant.created": _("Tenant made"),
    "tenants.tenant.changed": _("Tenant changed"),
    "tenants.tenant.suspended": _("Tenant suspended"),
    "tenants.tenant.activated": _("Tenant activated"),
    "tenants.tenant.deletion_requested": _("Deletion of the tenant asked for"),
    "tenants.tenant.deletion_cancelled": _("Deletion of the tenant taken back"),
    "tenants.tenant.erased": _("Tenant erased"),
    "tenants.tenant.exported": _("Tenant exported"),
    "messaging.events.expired": _("Messages past their retention erased"),
}
"""What is done to tenants, by the action in the audit log. What expires is counted per tenant, so it stands here."""


def authorise(actor: ActorOrNone, *units: Unit, tenant: Tenant | None = None, now: datetime) -> None:
    """Raise NotPermitted unless the actor has the units at the tenant, or at the system. At most one query."""
    if actor is None:
        return
    powers = powers_of(actor, now=now)
    for unit in units:
        powers.require(unit, SYSTEM if tenant is None else tenant_scope(tenant.id))


def record_change(
    actor: ActorOrNone,
    verb: str,
    tenant: Tenant,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    """Append to the tenant's audit log what differs. The last step of the transaction of the change."""
    was, became = differences(before, after)
    record(
        Change(
            tenant_id=tenant.id,
            actor_id=None if actor is None else actor.id,
            actor_login="" if actor is None else actor.login,
            scope=tenant_scope(tenant.id).path,
            action=f"tenants.tenant.{verb}",
            kind="tenant",
            target_id=tenant.id,
            target_label=tenant.slug,
            before=was,
            after=became,
            at=now,
        )
    )
