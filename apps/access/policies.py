"""What somebody may do: the sum of her grants, as a plain value. Pure: grants and units come in, answers come out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apps.access.errors import EndsTooLate, NotPermitted
from apps.access.scopes import SYSTEM, Scope, outermost
from apps.access.units import Unit


@dataclass(frozen=True, slots=True)
class Held:
    """One grant: these units, at this scope and below, until then (None: for ever)."""

    units: frozenset[Unit]
    scope: Scope
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Powers:
    """Everything somebody may do now. `is_all`: may do anything anywhere."""

    held: tuple[Held, ...] = ()
    is_all: bool = False

    def may(self, unit: Unit, scope: Scope) -> bool:
        """Tell whether she has the unit at this scope."""
        return self.is_all or any(unit in each.units and each.scope.covers(scope) for each in self.held)

    def require(self, unit: Unit, scope: Scope) -> None:
        """Raise NotPermitted unless she has the unit at this scope."""
        if not self.may(unit, scope):
            raise NotPermitted(unit=unit.code, scope=scope.path)

    def scopes(self, unit: Unit) -> tuple[Scope, ...]:
        """Return the scopes below which she has the unit, in order, none within another."""
        if self.is_all:
            return (SYSTEM,)
        return outermost(each.scope for each in self.held if unit in each.units)

    def reaches(self, unit: Unit, scope: Scope) -> bool:
        """Tell whether she has the unit at this scope, above it, or somewhere below."""
        return self.is_all or any(unit in each.units and each.scope.touches(scope) for each in self.held)

    def ends(self, unit: Unit, scope: Scope) -> datetime | None:
        """Return when she loses the unit at this scope, None for never. Raises NotPermitted if she lacks it now."""
        if self.is_all:
            return None
        ends = [each.expires_at for each in self.held if unit in each.units and each.scope.covers(scope)]
        if not ends:
            raise NotPermitted(unit=unit.code, scope=scope.path)
        return None if None in ends else max(end for end in ends if end is not None)

    def require_until(self, unit: Unit, scope: Scope, until: datetime | None) -> None:
        """Raise NotPermitted unless she has the unit at this scope; EndsTooLate unless for so long (None: for ever)."""
        end = self.ends(unit, scope)
        if end is not None and not _lasts(end, until):
            raise EndsTooLate(unit=unit.code, end=end.isoformat(timespec="minutes"))

    def outlasts(self, other: "Powers") -> bool:
        """Tell whether she may do all that `other` may, and for as long: so she may be told how to act as her."""
        if not self.covers(other):
            return False
        return self.is_all or all(
            _lasts(self.ends(unit, each.scope), each.expires_at) for each in other.held for unit in each.units
        )

    def covers(self, other: "Powers") -> bool:
        """Tell whether she may do all that `other` may, so that she may act on whoever has those powers."""
        if self.is_all or other.is_all:
            return self.is_all
        return all(self.may(unit, each.scope) for each in other.held for unit in each.units)

    def narrowed(self, units: frozenset[Unit]) -> "Powers":
        """Return of these powers only what concerns these units: what a program may do in her name."""
        if self.is_all:
            return Powers((Held(units, SYSTEM),))
        return Powers(tuple(Held(each.units & units, each.scope, each.expires_at) for each in self.held))

    @property
    def has_any(self) -> bool:
        """True for somebody who may do anything at all: the admin lets her in."""
        return self.is_all or any(each.units for each in self.held)


def _lasts(end: datetime | None, until: datetime | None) -> bool:
    return end is None or (until is not None and until <= end)


NONE: Final = Powers()
ALL: Final = Powers(is_all=True)


def held(units: Iterable[Unit], scope: Scope, expires_at: datetime | None = None) -> Held:
    """Return what a grant of these units amounts to at its scope: those that mean something that deep."""
    return Held(frozenset(unit for unit in units if scope.level <= unit.lowest), scope, expires_at)
