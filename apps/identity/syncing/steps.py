"""What making things here be as the directory has them would do, step by step. Pure data.

Departments that don't exist yet are named by the directory's key, those that do by their id.
"""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

Place = UUID | str
"""A department that is there, or the directory's key of one that an earlier step makes."""


@dataclass(frozen=True, slots=True)
class CreateDepartment:
    """Make a department and link it."""

    key: str
    parent: Place
    name: str


@dataclass(frozen=True, slots=True)
class AdoptDepartment:
    """Link a department that is there already to the directory's of the same name in the same place."""

    key: str
    department: UUID
    name: str


@dataclass(frozen=True, slots=True)
class RenameDepartment:
    """Give a department another name. `is_parking`: for the moment only, so that others can swap names."""

    department: UUID
    old: str
    name: str
    is_parking: bool = False


@dataclass(frozen=True, slots=True)
class MoveDepartment:
    """Put a department with all below it under another parent."""

    department: UUID
    name: str
    parent: Place


@dataclass(frozen=True, slots=True)
class DeleteDepartment:
    """Delete a department that the directory no longer has, and that is empty by then."""

    department: UUID
    name: str


@dataclass(frozen=True, slots=True)
class CreatePerson:
    """Make a person who signs in by the directory, and link her."""

    key: str
    username: str
    display_name: str
    email: str


@dataclass(frozen=True, slots=True)
class AdoptPerson:
    """Link a person who is there already to the directory's of the same user name."""

    key: str
    person: UUID
    username: str


@dataclass(frozen=True, slots=True)
class ChangePerson:
    """Give a person another name or address; None leaves it as it is."""

    person: UUID
    username: str
    display_name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class ActivatePerson:
    """Let a person in again whom the directory has again, or enables again."""

    person: UUID
    username: str


@dataclass(frozen=True, slots=True)
class DeactivatePerson:
    """Keep a person out, and sign her out, whom the directory no longer has (`is_gone`) or disables."""

    person: UUID
    username: str
    is_gone: bool


@dataclass(frozen=True, slots=True)
class PlacePerson:
    """Give a person a place in a department, or change the one she has there (`is_there`)."""

    username: str
    department: Place
    title: str
    is_primary: bool
    is_there: bool = False


@dataclass(frozen=True, slots=True)
class RemovePlace:
    """Take a person out of a department of the directory."""

    person: UUID
    username: str
    department: UUID


Step = (
    CreateDepartment
    | AdoptDepartment
    | RenameDepartment
    | MoveDepartment
    | DeleteDepartment
    | CreatePerson
    | AdoptPerson
    | ChangePerson
    | ActivatePerson
    | DeactivatePerson
    | PlacePerson
    | RemovePlace
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the plan leaves as it is, and why: a stable code and what it is about."""

    code: str
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in an order in which each works, and what is left as it is."""

    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()

    def counts(self) -> dict[str, int]:
        """Return how many steps there are of each kind."""
        return dict(Counter(type(step).__name__ for step in self.steps))
