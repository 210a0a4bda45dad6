"""Granting roles and revoking them.

Nobody gives, or takes away, more than she has herself: every unit of the role at that scope, besides the unit for
granting, and no longer than she has it. A grant stays when the one who gave it goes.

Lock order: users who run the system, the place, the grant, the end of the audit log.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.access import places
from apps.access.errors import ForeignScope, GrantNotFound, GrantsFull, LastSystemAdmin, RoleNotFound
from apps.access.models import Grant, Role
from apps.access.policies import Held, Powers, held
from apps.access.roles import SYSTEM_ADMIN, BuiltinRole, effect, held_by, name_of_grant, units_of_custom
from apps.access.scopes import SYSTEM, Scope, tenant_scope
from apps.access.selectors import Actor, find_role, powers_of
from apps.access.units import GRANTS_CHANGE, ROLES_VIEW
from apps.audit.chain import Json, differences
from apps.audit.services import Change, record
from apps.common.errors import InvalidInput
from apps.common.retry import run_in_transaction

MAX_GRANTS: Final = 500
"""Of one person, ended ones included. Powers are summed at each request; a further grant is refused."""


def grant_role(
    actor: Actor, *, user: Actor, role: str, scope: Scope, expires_at: datetime | None = None, now: datetime
) -> Grant:
    """Give somebody a role at a scope, or give the grant she has there another end. `role` is a key, or an id in hex.

    Raises NotPermitted, ScopeNotFound, ForeignScope, RoleNotFound, RoleMisplaced, EndsTooLate, GrantsFull or
    InvalidInput.
    """
    if expires_at is not None and expires_at <= now:
        raise InvalidInput(field="expires_at", reason=_("must be in the future"))

    def give() -> Grant:
        powers = powers_of(actor, now=now)
        powers.require(GRANTS_CHANGE, scope)
        is_of_system = places.is_system_tenant(user.tenant_id)
        if not is_of_system and scope.tenant_id != user.tenant_id:
            raise ForeignScope
        places.hold(scope)
        found = _lock_role(_role_for(powers, role, user, scope))
        _require_power(powers, replace(effect(found, scope), expires_at=expires_at))
        grant = Grant(
            tenant_id=user.tenant_id,
            user_id=user.id,
            role=found.id.hex if isinstance(found, Role) else found.key,
            custom=found if isinstance(found, Role) else None,
            scope=scope.path,
            is_of_system=is_of_system,
            expires_at=expires_at,
            granted_by=actor.id,
        )
        return _store(actor, grant, user, now=now)

    return run_in_transaction(give)


def revoke_grant(actor: Actor, *, grant_id: UUID, now: datetime) -> None:
    """Take a grant away. Raises GrantNotFound (also for one out of reach), NotPermitted or LastSystemAdmin."""

    def revoke() -> None:
        powers = powers_of(actor, now=now)
        seen = Grant.unscoped.filter(pk=grant_id).select_related("custom").first()
        if seen is None or not powers.may(GRANTS_CHANGE, seen.place):
            raise GrantNotFound(grant=str(grant_id))
        if _runs_system(seen):
            keep_a_system_admin(without_grant=seen.id)
        grant = Grant.unscoped.select_for_update(of=("self",)).select_related("custom").filter(pk=grant_id).first()
        if grant is None or not powers.may(GRANTS_CHANGE, grant.place):
            raise GrantNotFound(grant=str(grant_id))
        _require_power(powers, replace(held_by(grant), expires_at=now))
        before = _values(grant, _login_of(grant.user_id))
        Grant.unscoped.filter(pk=grant.pk).delete()
        _record(actor, grant, "revoked", before, {}, now=now)

    run_in_transaction(revoke)


def keep_a_system_admin(*, without_grant: UUID | None = None, without_user: UUID | None = None) -> None:
    """Raise LastSystemAdmin if nobody could run the system without this grant, or this person.

    Counted are active superusers, and active holders of the system administrator's role that has no end. Their rows
    stay locked until the transaction ends, so two who remove each other at the same time don't both succeed.
    """
    users = get_user_model()._base_manager.filter(is_active=True)
    holders = _admin_grants()
    admins = users.filter(Q(pk__in=holders.values("user_id")) | Q(is_superuser=True))
    locked = list(admins.order_by("pk").select_for_update(no_key=True).values_list("pk", "is_superuser", "is_active"))
    left = {pk for pk, is_superuser, is_active in locked if is_active and is_superuser}
    able = {pk for pk, _is_superuser, is_active in locked if is_active}
    others = holders if without_grant is None else holders.exclude(pk=without_grant)
    left |= able & set(others.values_list("user_id", flat=True))
    if not left - {without_user}:
        raise LastSystemAdmin


def _admin_grants() -> QuerySet[Grant]:
    return Grant.unscoped.filter(role=SYSTEM_ADMIN, scope=SYSTEM.path, expires_at__isnull=True)


def _runs_system(grant: Grant) -> bool:
    return grant.role == SYSTEM_ADMIN and grant.scope == SYSTEM.path and grant.expires_at is None


def _role_tenants(user: Actor, scope: Scope) -> tuple[UUID, ...]:
    """Whose roles may be granted there: those of the place's tenant, and of the person's, which may be the system's."""
    there = scope.tenant_id
    return (user.tenant_id,) if there in {None, user.tenant_id} else (there, user.tenant_id)


def _role_for(powers: Powers, key: str, user: Actor, scope: Scope) -> BuiltinRole | Role:
    """Return the role. A tenant's is there for who sees the tenant's roles, or has what it would give at the scope.

    Raises RoleNotFound. At most one query per tenant.
    """
    found = find_role(key, tenant_ids=_role_tenants(user, scope))
    if isinstance(found, BuiltinRole) or powers.may(ROLES_VIEW, tenant_scope(found.tenant_id)):
        return found
    given = held(units_of_custom(found), scope).units
    if not given or not all(powers.may(unit, scope) for unit in given):
        raise RoleNotFound(role=key)
    return found


def _lock_role(found: BuiltinRole | Role) -> BuiltinRole | Role:
    """Keep a role of a tenant from being deleted or changed until the transaction ends. Raises RoleNotFound."""
    if isinstance(found, BuiltinRole):
        return found
    locked = Role.objects.for_tenant(found.tenant_id).select_for_update(no_key=True).filter(pk=found.pk).first()
    if locked is None:
        raise RoleNotFound(role=found.key)
    return locked


def _require_power(powers: Powers, given: Held) -> None:
    """Raise NotPermitted or EndsTooLate unless all that is given is one's own, for as long as that."""
    for unit in sorted({GRANTS_CHANGE, *given.units}, key=lambda each: each.code):
        powers.require_until(unit, given.scope, given.expires_at)


def _store(actor: Actor, grant: Grant, user: Actor, *, now: datetime) -> Grant:
    own = Grant.objects.for_tenant(user.tenant_id).filter(user_id=user.id)
    same = own.filter(role=grant.role, scope=grant.scope)
    existing = same.select_for_update().first()
    if existing is None:
        if own.count() >= MAX_GRANTS:
            raise GrantsFull(limit=MAX_GRANTS)
        own.bulk_create([grant], ignore_conflicts=True)
        existing = same.select_for_update().get()  # somebody else's, who gave it at the same moment, is as good
    if existing.pk == grant.pk:
        _record(actor, grant, "given", {}, _values(grant, user.login), now=now)
        return grant
    if existing.expires_at == grant.expires_at:
        return existing
    if _runs_system(existing):
        keep_a_system_admin(without_grant=existing.pk)
    before = _values(existing, user.login)
    existing.expires_at, existing.granted_by = grant.expires_at, grant.granted_by
    existing.save(update_fields=["expires_at", "granted_by"])
    _record(actor, existing, "changed", *differences(before, _values(existing, user.login)), now=now)
    return existing


def _values(grant: Grant, login: str) -> Json:
    return {
        "user": grant.user_id.hex,
        "login": login,
        "role": grant.role,
        "name": name_of_grant(grant),
        "scope": grant.scope,
        "expires_at": grant.expires_at,
    }


def _login_of(user_id: UUID) -> str:
    user = get_user_model()._base_manager.filter(pk=user_id).first()
    return "" if user is None else user.get_username()


def _record(actor: Actor, grant: Grant, verb: str, before: Json, after: Json, *, now: datetime) -> None:
    values = {**before, **after}
    record(
        Change(
            tenant_id=grant.place.tenant_id or grant.tenant_id,
            actor_id=actor.id,
            actor_login=actor.login,
            scope=grant.scope,
            action=f"access.grant.{verb}",
            kind="grant",
            target_id=grant.id,
            target_label=f"{values.get('login') or ''} {values.get('name') or ''}".strip(),
            before=before,
            after=after,
            at=now,
        )
    )
