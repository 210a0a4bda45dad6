"""The departments as they will be after the steps planned so far, so that each further step is sure to work. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from apps.identity.syncing.states import PresentDepartment
from apps.identity.syncing.steps import Place

PARKED_NAME_CHARS: Final = 80
"""Kept of the name of a department that has to make room for a moment; what follows tells it apart."""


class Simulated:
    """Who is below whom under which name. Every change keeps names below one parent apart, or is refused."""

    def __init__(self, departments: Iterable[PresentDepartment]) -> None:
        self._slot: dict[Place, tuple[Place, str]] = {}
        self._at: dict[tuple[Place, str], Place] = {}
        self._below: defaultdict[Place, set[Place]] = defaultdict(set)
        for department in departments:
            if department.parent is not None:
                self.put(department.id, department.parent, department.name)

    def put(self, place: Place, parent: Place, name: str) -> None:
        """Let a department be there under this name. Raises AssertionError if another one has it: a defect."""
        taken = self._at.get((parent, name))
        if taken not in (None, place):
            raise AssertionError(f"{name!r} is taken")
        self.drop(place)
        self._slot[place] = (parent, name)
        self._at[parent, name] = place
        self._below[parent].add(place)

    def drop(self, place: Place) -> None:
        """Forget a department, if it is known."""
        slot = self._slot.pop(place, None)
        if slot is not None:
            del self._at[slot]
            self._below[slot[0]].discard(place)

    def slot(self, place: Place) -> tuple[Place, str]:
        """Return the parent and the name of a department."""
        return self._slot[place]

    def occupant(self, parent: Place, name: str) -> Place | None:
        """Return who has this name there."""
        return self._at.get((parent, name))

    def children(self, place: Place) -> frozenset[Place]:
        """Return the departments directly below."""
        return frozenset(self._below[place])

    def is_within(self, place: Place, around: Place) -> bool:
        """Tell whether a department is `around` or lies below it."""
        while place != around:
            slot = self._slot.get(place)
            if slot is None:
                return False
            place = slot[0]
        return True

    def depth(self, place: Place) -> int:
        """Return how many departments there are above one."""
        depth = 0
        while (slot := self._slot.get(place)) is not None:
            place, depth = slot[0], depth + 1
        return depth


def parked_name(name: str, department: UUID) -> str:
    """Return a name that no other department has, for the moment in which another one takes this."""
    return f"{name[:PARKED_NAME_CHARS]} ~{department.hex[-12:]}"
