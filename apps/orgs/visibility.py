"""Who sees whom, and who may write to whom: the rules themselves, in plain words over a small world in memory.

This is the definition. `selectors.visibility` answers the same questions from the database for a hundred thousand
people, and a property test holds the two together. Pure; made to be read, not to be fast.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Refusal(StrEnum):
    """Why somebody may not be written to. Stable codes."""

    NOT_FOUND = "user_not_found"
    """She does not see him: to her there is no such person."""
    NOT_AGREED = "writing_not_agreed"
    """She sees him by an agreement that lets her organisation see, not write."""
    BLOCKED = "blocked"
    """One of the two blocks the other."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """`reach`: organisation, branch or department. A closed organisation joins nobody."""

    reach: str = "organisation"
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Department:
    """A node of an organisation's tree; the root has no parent."""

    organisation: str
    parent: str | None = None
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever is in the tenant."""

    is_active: bool = True
    is_hidden: bool = False
    is_guest: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """A person's place in a department."""

    person: str
    department: str
    is_leader: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """`giver` lets the people of `taker` see its own, or also write to them. Only those in force."""

    giver: str
    taker: str
    may_see: bool = True
    may_write: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """One tenant. `contacts` are accepted ones, as pairs in either order; `blocks` are (who blocks, whom)."""

    people: dict[str, Person]
    organisations: dict[str, Organisation] = field(default_factory=dict)
    departments: dict[str, Department] = field(default_factory=dict)
    placements: tuple[Placement, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    contacts: frozenset[tuple[str, str]] = frozenset()
    blocks: frozenset[tuple[str, str]] = frozenset()

    def may_see(self, viewer: str, other: str) -> bool:
        """Tell whether `viewer`, who is active, sees `other`."""
        return self._is_known(viewer, other) or self._meets(viewer, other, to_write=False)

    def refusal_to_write(self, writer: str, other: str) -> Refusal | None:
        """Return why `writer` may not write to `other`, or None when she may."""
        if not self.may_see(writer, other):
            return Refusal.NOT_FOUND
        if (writer, other) in self.blocks or (other, writer) in self.blocks:
            return Refusal.BLOCKED
        if self._is_known(writer, other) or self._meets(writer, other, to_write=True):
            return None
        return Refusal.NOT_AGREED

    def may_find(self, viewer: str, other: str) -> bool:
        """Tell whether `viewer` finds `other` when she knows his exact sign-in name, so that she can ask him.

        That is everyone who is not hidden: of other organisations too, and guests.
        """
        person, places = self.people[other], self._places(other)
        is_in_the_open = not places or any(self._wall(place.department) is None for place in places)
        is_known = person.is_active and not person.is_hidden and (person.is_guest or is_in_the_open)
        return is_known or self.may_see(viewer, other)

    def may_see_department(self, viewer: str, department: str) -> bool:
        """Tell whether `viewer` is shown a department: she sees its people, or it is on the way to one whose she sees.

        By structure alone: that somebody is a contact shows her, not where she works.
        """
        if self.people[viewer].is_guest:
            return False
        below = [key for key in self.departments if department in self._line(key)]
        return any(self._opens(viewer, key, to_write=False) for key in below)

    def may_see_placement(self, viewer: str, place: Placement) -> bool:
        """Tell whether `viewer` may know of a place: her own, or one through which she sees who is in it."""
        return place.person == viewer or self._meets_at(viewer, place, to_write=False)

    def _is_known(self, viewer: str, other: str) -> bool:
        """Oneself, or an accepted contact."""
        is_contact = (viewer, other) in self.contacts or (other, viewer) in self.contacts
        return viewer == other or (is_contact and self.people[other].is_active)

    def _meets(self, viewer: str, other: str, *, to_write: bool) -> bool:
        """By where the two work; who works nowhere is of the tenant at large."""
        person, places = self.people[other], self._places(other)
        if not places:
            is_open = person.is_active and not person.is_guest and not person.is_hidden
            return is_open and not self.people[viewer].is_guest
        return any(self._meets_at(viewer, place, to_write=to_write) for place in places)

    def _meets_at(self, viewer: str, place: Placement, *, to_write: bool) -> bool:
        """Somebody for her being in one place. Hidden people are known to those who share a hidden department."""
        person = self.people[place.person]
        if not person.is_active or person.is_guest or self.people[viewer].is_guest:
            return False
        if person.is_hidden and self._wall(place.department) is None:
            return False
        return self._opens(viewer, place.department, to_write=to_write)

    def _opens(self, viewer: str, department: str, *, to_write: bool) -> bool:
        """Tell whether the viewer sees (or may write to) the people of a department for their being there."""
        organisation = self.departments[department].organisation
        own = self._places(viewer)
        if not self.organisations[organisation].is_active:
            return False
        wall = self._wall(department)
        if wall is not None and not any(wall in self._line(place.department) for place in own):
            return False
        if not own:
            return True
        return any(self._reaches(place, department) for place in own) or any(
            self._agreed(place, organisation, to_write=to_write) for place in own
        )

    def _reaches(self, place: Placement, department: str) -> bool:
        """Inside one organisation: as far as it lets its people see, and leaders see all that is below them."""
        there = self.departments[department].organisation
        if self.departments[place.department].organisation != there:
            return False
        line = self._line(department)
        if place.is_leader and place.department in line:
            return True
        reach = self.organisations[there].reach
        if reach == "branch":
            return self._branch(place.department) in line
        return reach == "organisation" or place.department == department

    def _agreed(self, place: Placement, organisation: str, *, to_write: bool) -> bool:
        home = self.departments[place.department].organisation
        return self.organisations[home].is_active and any(
            (agreement.giver, agreement.taker) == (organisation, home)
            and agreement.may_see
            and (agreement.may_write or not to_write)
            for agreement in self.agreements
        )

    def _places(self, person: str) -> tuple[Placement, ...]:
        return tuple(place for place in self.placements if place.person == person)

    def _line(self, department: str) -> list[str]:
        """The department and those above it, up to the root."""
        line, parent = [department], self.departments[department].parent
        while parent is not None:
            line.append(parent)
            parent = self.departments[parent].parent
        return line

    def _branch(self, department: str) -> str:
        """The first-level department above this one; for the root, whose branch is everything, the root."""
        line = self._line(department)
        return line[-2] if len(line) > 1 else department

    def _wall(self, department: str) -> str | None:
        """The lowest hidden department at or above this one: only people in there see what it surrounds."""
        return next((key for key in self._line(department) if self.departments[key].is_hidden), None)
