"""When a plan must not be carried out without somebody's explicit yes: too much would vanish at once. Pure.

A directory that answers with half of its people (a changed filter, a lost right, a restored backup) looks exactly like
one whose people have left.
"""

from dataclasses import dataclass
from typing import Final

from apps.identity.syncing.steps import DeactivatePerson, DeleteDepartment, Plan

ALWAYS_FREE: Final = 2
"""So many people or departments may vanish whatever the percentage says, or no small company could lose anybody."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """At most so many, and at most so many percent, of the people and of the departments each."""

    count: int
    percent: int


@dataclass(frozen=True, slots=True)
class Vanishing:
    """How many people a plan deactivates, of how many; how many departments it deletes, of how many."""

    people: int
    of_people: int
    departments: int
    of_departments: int

    def exceeds(self, bounds: Bounds) -> bool:
        """Tell whether it is too much to happen by itself. That everything vanishes always is."""
        return _is_too_much(self.people, self.of_people, bounds) or _is_too_much(
            self.departments, self.of_departments, bounds
        )

    def within(self, other: "Vanishing") -> bool:
        """Tell whether no more vanishes than somebody has said yes to."""
        return self.people <= other.people and self.departments <= other.departments


def vanishing(plan: Plan, *, people: int, departments: int) -> Vanishing:
    """Return what a plan lets vanish, of so many active linked people and linked departments."""
    kinds = [type(step) for step in plan.steps]
    return Vanishing(kinds.count(DeactivatePerson), people, kinds.count(DeleteDepartment), departments)


def _is_too_much(count: int, total: int, bounds: Bounds) -> bool:
    if count == 0:
        return False
    if count > bounds.count or count >= total:
        return True
    return count > ALWAYS_FREE and count * 100 > bounds.percent * total
