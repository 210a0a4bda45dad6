"""What a role amounts to. Built-in roles live here, as rules over the units there are, so new units join by themselves.

The roles that tenants make are rows (`models.Role`); both come out as one value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.access.errors import RoleMisplaced
from apps.access.models import Grant, Role
from apps.access.policies import Held, held
from apps.access.scopes import Level, Scope
from apps.access.units import Unit, all_units, find_unit

SYSTEM_ADMIN: Final = "system_admin"
TENANT_ADMIN: Final = "tenant_admin"
ORGANISATION_ADMIN: Final = "organisation_admin"
DEPARTMENT_ADMIN: Final = "department_admin"
AUDITOR: Final = "auditor"


@dataclass(frozen=True, slots=True)
class BuiltinRole:
    """A role that every installation has. `level`: granted at this level or above, no deeper."""

    key: str
    name: "str | Promise"
    level: Level
    includes: Callable[[Unit], bool]

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units it has in this installation."""
        return tuple(unit for unit in all_units() if self.includes(unit))


def _down_to(level: Level) -> Callable[[Unit], bool]:
    return lambda unit: unit.lowest >= level


BUILTIN_ROLES: Final[Mapping[str, BuiltinRole]] = MappingProxyType(
    {
        role.key: role
        for role in (
            BuiltinRole(SYSTEM_ADMIN, _("System administrator"), Level.SYSTEM, _down_to(Level.SYSTEM)),
            BuiltinRole(TENANT_ADMIN, _("Tenant administrator"), Level.TENANT, _down_to(Level.TENANT)),
            BuiltinRole(
                ORGANISATION_ADMIN, _("Organisation administrator"), Level.ORGANISATION, _down_to(Level.ORGANISATION)
            ),
            BuiltinRole(DEPARTMENT_ADMIN, _("Department administrator"), Level.DEPARTMENT, _down_to(Level.DEPARTMENT)),
            BuiltinRole(AUDITOR, _("Auditor"), Level.DEPARTMENT, lambda unit: unit.verb == "view"),
        )
    }
)
"""By key. Keys are stored in grants, so they stay."""


def units_of_custom(role: Role) -> tuple[Unit, ...]:
    """Return the units of a tenant's role, without those that no app has any more."""
    found = (find_unit(code) for code in role.units)
    return tuple(unit for unit in found if unit is not None)


def units_of_grant(grant: Grant) -> tuple[Unit, ...]:
    """Return the units of the role that was granted; of a built-in role that is no more, none. Reads `custom`."""
    if grant.custom is not None:
        return units_of_custom(grant.custom)
    builtin = BUILTIN_ROLES.get(grant.role)
    return () if builtin is None else builtin.units


def held_by(grant: Grant) -> Held:
    """Return what a grant amounts to."""
    return held(units_of_grant(grant), grant.place, grant.expires_at)


def effect(role: BuiltinRole | Role, scope: Scope) -> Held:
    """Return what the role would amount to at a scope. Raises RoleMisplaced if that is nothing, or not meant."""
    if isinstance(role, BuiltinRole):
        amount = held(role.units, scope)
        misplaced = scope.level > role.level
    else:
        amount = held(units_of_custom(role), scope)
        misplaced = False
    if misplaced or not amount.units:
        raise RoleMisplaced(role=role.key)
    return amount


def name_of_grant(grant: Grant) -> str:
    """Return the name of the granted role in the active language. Reads `custom`."""
    if grant.custom is not None:
        return grant.custom.name
    builtin = BUILTIN_ROLES.get(grant.role)
    return grant.role if builtin is None else str(builtin.name)
