"""Making roles of a tenant's own, changing and deleting them.

Changing a role changes what everybody may do who holds it. So whoever does it must herself have every unit of it, old
and new, in the whole tenant; for roles of the system's own tenant, which may be granted anywhere, in the whole system.
What she adds she must have for as long as anybody holds the role: it may be herself.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db.models import F
from django.utils.translation import gettext as _

from apps.access import places
from apps.access.errors import RoleInUse, RoleKeyTaken, RoleNotFound, RolesFull
from apps.access.models import Grant, Role
from apps.access.policies import Powers
from apps.access.roles import BUILTIN_ROLES, units_of_custom
from apps.access.scopes import SYSTEM, Scope, tenant_scope
from apps.access.selectors import Actor, powers_of
from apps.access.units import ROLES_CHANGE, Unit
from apps.access.units import unit as unit_named
from apps.audit.chain import Json, differences
from apps.audit.services import Change, record
from apps.common.errors import InvalidInput, Stale
from apps.common.retry import run_in_transaction
from apps.common.text import clean_line, normalized_identifier

MAX_ROLES: Final = 200
"""Of one tenant; further ones are refused."""
MAX_KEY_CHARS: Final = 40
MAX_NAME_CHARS: Final = 100


def create_role(actor: Actor, *, tenant_id: UUID, key: str, name: str, units: Sequence[str], now: datetime) -> Role:
    """Make a role. Raises NotPermitted, InvalidInput, ScopeNotFound, RoleKeyTaken or RolesFull."""
    role = Role(tenant_id=tenant_id, key=_clean_key(key), name=_clean_name(name))
    chosen = _clean_units(units)
    role.units = [unit.code for unit in chosen]

    def create() -> Role:
        _require(powers_of(actor, now=now), tenant_id, chosen)
        places.hold(tenant_scope(tenant_id))
        own = Role.objects.for_tenant(tenant_id)
        if own.filter(key=role.key).exists():
            raise RoleKeyTaken(key=role.key)
        if own.count() >= MAX_ROLES:
            raise RolesFull(limit=MAX_ROLES)
        role.save(force_insert=True)
        _record(actor, role, "created", {}, _values(role), now=now)
        return role

    return run_in_transaction(create)


def change_role(
    actor: Actor,
    *,
    role_id: UUID,
    tenant_id: UUID,
    version: int,
    name: str | None = None,
    units: Sequence[str] | None = None,
    now: datetime,
) -> Role:
    """Give a role another name or other units; None leaves them. Raises NotPermitted, RoleNotFound or Stale."""
    new_name = None if name is None else _clean_name(name)
    new_units = None if units is None else _clean_units(units)

    def change() -> Role:
        powers = powers_of(actor, now=now)
        _require(powers, tenant_id, new_units or ())
        role = _locked(tenant_id, role_id)
        _require(powers, tenant_id, units_of_custom(role))
        if role.version != version:
            raise Stale(version=role.version)
        if new_units is not None:
            _require_as_long_as_held(powers, role, set(new_units).difference(units_of_custom(role)))
        before = _values(role)
        if new_name is not None:
            role.name = new_name
        if new_units is not None:
            role.units = [unit.code for unit in new_units]
        role.version += 1
        role.save(update_fields=["name", "units", "version"])
        _record(actor, role, "changed", *differences(before, _values(role)), now=now)
        return role

    return run_in_transaction(change)


def delete_role(actor: Actor, *, role_id: UUID, tenant_id: UUID, now: datetime) -> None:
    """Delete a role that nobody holds. Raises NotPermitted, RoleNotFound or RoleInUse."""

    def delete() -> None:
        powers = powers_of(actor, now=now)
        _require(powers, tenant_id, ())
        role = _locked(tenant_id, role_id)
        _require(powers, tenant_id, units_of_custom(role))
        holders = Grant.unscoped.filter(custom=role).count()
        if holders:
            raise RoleInUse(role=role.key, count=holders)
        before = _values(role)
        target_id = role.id
        role.delete()
        role.id = target_id
        _record(actor, role, "deleted", before, {}, now=now)

    run_in_transaction(delete)


def home_of(tenant_id: UUID) -> Scope:
    """Return the widest scope at which a role of this tenant may be granted."""
    return SYSTEM if places.is_system_tenant(tenant_id) else tenant_scope(tenant_id)


def _require(powers: Powers, tenant_id: UUID, units: Iterable[Unit]) -> None:
    home = home_of(tenant_id)
    for unit in (ROLES_CHANGE, *units):
        powers.require(unit, home)


def _require_as_long_as_held(powers: Powers, role: Role, added: Iterable[Unit]) -> None:
    """Raise EndsTooLate unless she has these units until the last grant of the role, which is locked, ends."""
    grants = Grant.unscoped.filter(custom=role).order_by(F("expires_at").desc(nulls_first=True))
    last = grants.values_list("expires_at", flat=True)[:1]
    for until in last:
        for unit in sorted(added, key=lambda each: each.code):
            powers.require_until(unit, home_of(role.tenant_id), until)


def _locked(tenant_id: UUID, role_id: UUID) -> Role:
    role = Role.objects.for_tenant(tenant_id).select_for_update().filter(pk=role_id).first()
    if role is None:
        raise RoleNotFound(role=str(role_id))
    return role


def _values(role: Role) -> Json:
    return {"key": role.key, "name": role.name, "units": role.units}


def _record(actor: Actor, role: Role, verb: str, before: Json, after: Json, *, now: datetime) -> None:
    record(
        Change(
            tenant_id=role.tenant_id,
            actor_id=actor.id,
            actor_login=actor.login,
            scope=home_of(role.tenant_id).path,
            action=f"access.role.{verb}",
            kind="role",
            target_id=role.id,
            target_label=role.name,
            before=before,
            after=after,
            at=now,
        )
    )


def _clean_key(text: str) -> str:
    key = normalized_identifier(text)
    try:
        validate_slug(key)
    except ValidationError as error:
        raise InvalidInput(field="key", reason=" ".join(error.messages)) from error
    if len(key) > MAX_KEY_CHARS:
        raise InvalidInput(field="key", reason=_("is too long"))
    if key in BUILTIN_ROLES:
        raise RoleKeyTaken(key=key)
    return key


def _clean_name(text: str) -> str:
    return clean_line(text, field="name", max_chars=MAX_NAME_CHARS)


def _clean_units(codes: Sequence[str]) -> list[Unit]:
    if not codes:
        raise InvalidInput(field="units", reason=_("must not be empty"))
    return [unit_named(code) for code in sorted(set(codes))]
