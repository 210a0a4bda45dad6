"""What a directory has, and what there is here, in the words of the planner. Pure data.

A directory's departments and people bear its own lasting keys (entryUUID, objectGUID); names may change, keys don't.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class WantedDepartment:
    """A department of the directory; `parent` None: directly below the department that the connection fills."""

    key: str
    parent: str | None
    name: str


@dataclass(frozen=True, slots=True)
class WantedPerson:
    """A person of the directory. `departments` are keys, her primary one first; unknown keys count for nothing."""

    key: str
    username: str
    display_name: str
    email: str = ""
    title: str = ""
    is_active: bool = True
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that a directory has. `unusable` are keys of entries that lack something: they stay here as they are."""

    departments: tuple[WantedDepartment, ...] = ()
    people: tuple[WantedPerson, ...] = ()
    unusable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PresentDepartment:
    """A department here; `key` None: nothing of the directory's. `has_locals`: someone of nobody's directory is in it.

    `parent` is None for the department that the connection fills, and that it never changes.
    """

    id: UUID
    parent: UUID | None
    name: str
    key: str | None = None
    has_locals: bool = False


@dataclass(frozen=True, slots=True)
class PresentPlace:
    """A person's place in a department below the one that the connection fills."""

    title: str = ""
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class PresentPerson:
    """A person here; `key` None: not linked. `is_adoptable`: without any powers, and of no other directory.

    `is_ours_to_activate`: a run deactivated her, and no administrator did. `places` are those below the connection's
    department only.
    """

    id: UUID
    username: str
    display_name: str
    email: str = ""
    is_active: bool = True
    key: str | None = None
    is_adoptable: bool = False
    is_ours_to_activate: bool = False
    has_primary_elsewhere: bool = False
    places: Mapping[UUID, PresentPlace] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Present:
    """All that is here: every department below the connection's, and the people that matter.

    People that matter are those linked to the connection and those whose user name the directory has.
    """

    root: UUID
    departments: tuple[PresentDepartment, ...] = ()
    people: tuple[PresentPerson, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """How a connection wants it. `adopts`: take over local rows of the same name instead of refusing.

    `creates`: make accounts for people who have none.
    """

    creates: bool = True
    adopts: bool = False
