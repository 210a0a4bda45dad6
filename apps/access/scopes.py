"""Scope paths: the place in the tree of system, tenants, organisations and departments where a power holds.

A path is a prefix: `` is the whole system, `t:<hex>` a tenant, `t:…/o:<hex>` an organisation, and every department
below the root one adds `/d:<hex>`. An organisation's root department is the organisation itself. Pure: whether there is
such a place is its owners' business (`places`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from apps.common.errors import InvalidInput

MAX_DEPTH: Final = 48
"""Departments on a path, below the root one. Deeper trees are refused: paths stay below what an index row holds."""

MAX_PATH_CHARS: Final = 34 + 35 + MAX_DEPTH * 35

_PATTERN: Final = re.compile(
    rf"(?:t:[0-9a-f]{{32}}(?:/o:[0-9a-f]{{32}}(?:/d:[0-9a-f]{{32}}){{0,{MAX_DEPTH}}})?)?", re.ASCII
)
_TENANT_CHARS: Final = 34
_ORGANISATION_CHARS: Final = _TENANT_CHARS + 35


class Level(IntEnum):
    """How deep a scope lies; a smaller number is a wider one."""

    SYSTEM = 0
    TENANT = 1
    ORGANISATION = 2
    DEPARTMENT = 3


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """One place, by its path. Build it by the functions here: the path is believed to be well-formed."""

    path: str

    def __str__(self) -> str:
        return self.path

    def covers(self, other: "Scope") -> bool:
        """Tell whether `other` is this place or lies within it."""
        return not self.path or other.path == self.path or other.path.startswith(self.path + "/")

    def touches(self, other: "Scope") -> bool:
        """Tell whether one of the two lies within the other."""
        return self.covers(other) or other.covers(self)

    @property
    def level(self) -> Level:
        """The kind of place."""
        size = len(self.path)
        if size > _ORGANISATION_CHARS:
            return Level.DEPARTMENT
        if size > _TENANT_CHARS:
            return Level.ORGANISATION
        return Level.TENANT if size else Level.SYSTEM

    @property
    def tenant_id(self) -> UUID | None:
        """The tenant on the path; None for the system."""
        return UUID(self.path[2:_TENANT_CHARS]) if self.path else None

    @property
    def organisation_id(self) -> UUID | None:
        """The organisation on the path; None above one."""
        return UUID(self.path[_TENANT_CHARS + 3 : _ORGANISATION_CHARS]) if len(self.path) > _TENANT_CHARS else None

    @property
    def department_id(self) -> UUID | None:
        """The last department on the path; None at an organisation, whose root department is not named, and above."""
        return UUID(self.path[-32:]) if len(self.path) > _ORGANISATION_CHARS else None

    @property
    def parent(self) -> "Scope | None":
        """The place around this one; None for the system."""
        return Scope(self.path.rpartition("/")[0]) if self.path else None

    @property
    def depth(self) -> int:
        """How many departments are on the path, the root one not counted."""
        return max(0, len(self.path) - _ORGANISATION_CHARS) // 35

    def department(self, department_id: UUID) -> "Scope":
        """Return the scope of a department directly below. Raises InvalidInput if too deep, or above organisations."""
        return parse_scope(f"{self.path}/d:{department_id.hex}")

    def moved(self, old: "Scope", new: "Scope") -> "Scope":
        """Return where this place is once `old`, which covers it, has become `new`. Raises InvalidInput if too deep."""
        return parse_scope(new.path + self.path[len(old.path) :])


SYSTEM: Final = Scope("")
"""Everything."""


def tenant_scope(tenant_id: UUID) -> Scope:
    """Return the scope of a whole tenant."""
    return Scope(f"t:{tenant_id.hex}")


def organisation_scope(tenant_id: UUID, organisation_id: UUID) -> Scope:
    """Return the scope of an organisation, which is also that of its root department."""
    return Scope(f"t:{tenant_id.hex}/o:{organisation_id.hex}")


def parse_scope(text: str) -> Scope:
    """Return the scope that `text` spells. Raises InvalidInput."""
    if len(text) > MAX_PATH_CHARS or _PATTERN.fullmatch(text) is None:
        raise InvalidInput(field="scope", reason=_("is not the path of a place, or too deep"))
    return Scope(text)


def outermost(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Return the scopes in order, without those that another one covers."""
    kept: list[Scope] = []
    for scope in sorted(set(scopes)):
        # A path sorts before everything it covers, and "/" before every character of a path, so nothing lies between.
        if not kept or not kept[-1].covers(scope):
            kept.append(scope)
    return tuple(kept)
