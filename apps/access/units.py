"""The registry of permission units: the smallest things that somebody may be allowed to do.

Each app names its own in its `units.py` and registers them when Django starts; roles are sets of them. A unit says how
deep it still means something: settings of a tenant can't be changed "for a department".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.access.scopes import Level
from apps.common.errors import InvalidInput

_CODE: Final = re.compile(r"[a-z_]+\.[a-z_]+\.[a-z_]+")

Permission = tuple[str, str, str]
"""How Django's admin asks: app label, model name, action (view, add, change, delete)."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing to allow: `app.thing.verb`. `lowest`: the deepest level of a grant at which it has an effect."""

    code: str
    label: "str | Promise" = field(compare=False)
    group: "str | Promise" = field(compare=False)
    lowest: Level

    @property
    def verb(self) -> str:
        """What is done: the last word of the code."""
        return self.code.rpartition(".")[2]


class Registry:
    """Units by code, and the units that stand behind permissions of Django's admin."""

    def __init__(self) -> None:
        self._units: dict[str, Unit] = {}
        self._admin: dict[Permission, Unit] = {}

    def register(self, *units: Unit, admin: Mapping[Permission, Unit] = MappingProxyType({})) -> None:
        """Add units, once each. Raises ImproperlyConfigured for a malformed, contradicting or unknown one."""
        for unit in units:
            if _CODE.fullmatch(unit.code) is None:
                raise ImproperlyConfigured(f"unit {unit.code!r} is not named app.thing.verb")
            if self._units.setdefault(unit.code, unit) != unit:
                raise ImproperlyConfigured(f"unit {unit.code} is registered twice, differently")
        for permission, unit in admin.items():
            if unit.code not in self._units:
                raise ImproperlyConfigured(f"{permission} needs unit {unit.code}, which nobody registered")
            if self._admin.setdefault(permission, unit) != unit:
                raise ImproperlyConfigured(f"{permission} stands for two units")

    def __iter__(self) -> Iterator[Unit]:
        return iter(sorted(self._units.values(), key=lambda unit: unit.code))

    def get(self, code: str) -> Unit | None:
        """Return the unit, or None where no app has it (any more)."""
        return self._units.get(code)

    @property
    def permissions(self) -> Mapping[Permission, Unit]:
        """Which unit each permission of the admin stands for."""
        return MappingProxyType(self._admin)


_registry: Final = Registry()
register_units: Final = _registry.register


def all_units() -> tuple[Unit, ...]:
    """Return every registered unit, by code."""
    return tuple(_registry)


def unit(code: str) -> Unit:
    """Return the unit with this code. Raises InvalidInput."""
    found = _registry.get(code)
    if found is None:
        raise InvalidInput(field="units", reason=gettext("there is no permission %(code)s") % {"code": code})
    return found


def find_unit(code: str) -> Unit | None:
    """Return the unit with this code, or None where no app has it (any more)."""
    return _registry.get(code)


def admin_permissions() -> Mapping[Permission, Unit]:
    """Return which unit each permission of Django's admin stands for."""
    return _registry.permissions


_GROUP: Final = _("Powers")

GRANTS_VIEW: Final = Unit("access.grants.view", _("see who holds which role"), _GROUP, Level.DEPARTMENT)
GRANTS_CHANGE: Final = Unit("access.grants.change", _("grant and revoke roles"), _GROUP, Level.DEPARTMENT)
ROLES_VIEW: Final = Unit("access.roles.view", _("see roles"), _GROUP, Level.TENANT)
ROLES_CHANGE: Final = Unit("access.roles.change", _("make and change roles"), _GROUP, Level.TENANT)
AUDIT_VIEW: Final = Unit("audit.entries.view", _("read the audit log"), _("Audit"), Level.DEPARTMENT)
"""Here, because the audit log lies below this app, as jobs do."""
JOBS_VIEW: Final = Unit("jobs.jobs.view", _("see what the installation does by itself"), _("Jobs"), Level.SYSTEM)
JOBS_RUN: Final = Unit("jobs.jobs.run", _("have jobs run at once"), _("Jobs"), Level.SYSTEM)

UNITS: Final = (GRANTS_VIEW, GRANTS_CHANGE, ROLES_VIEW, ROLES_CHANGE, AUDIT_VIEW, JOBS_VIEW, JOBS_RUN)
ADMIN_UNITS: Final[Mapping[Permission, Unit]] = {
    ("access", "grant", "view"): GRANTS_VIEW,
    ("access", "grant", "add"): GRANTS_CHANGE,
    ("access", "grant", "change"): GRANTS_CHANGE,
    ("access", "grant", "delete"): GRANTS_CHANGE,
    ("access", "role", "view"): ROLES_VIEW,
    ("access", "role", "add"): ROLES_CHANGE,
    ("access", "role", "change"): ROLES_CHANGE,
    ("access", "role", "delete"): ROLES_CHANGE,
    ("audit", "entry", "view"): AUDIT_VIEW,
    ("jobs", "job", "view"): JOBS_VIEW,
    ("jobs", "job", "change"): JOBS_RUN,
}
