"""What applying a file would do, step by step; each step is one call of a service. Pure data."""

from dataclasses import dataclass, field
from uuid import UUID

from apps.orgs.exchange.findings import Finding

Target = UUID | int
"""A department that is there, or the line of the file that makes it."""


@dataclass(frozen=True, slots=True)
class CreateDepartment:
    """Make a department as the last child of `parent`."""

    line: int
    parent: Target
    name: str
    code: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class ChangeDepartment:
    """Give a department these values; None leaves one as it is."""

    line: int
    department: UUID
    name: str | None = None
    code: str | None = None
    is_hidden: bool | None = None


@dataclass(frozen=True, slots=True)
class MoveDepartment:
    """Put a department with all below it under another parent, as the last child."""

    line: int
    department: UUID
    parent: Target


@dataclass(frozen=True, slots=True)
class CreatePerson:
    """Make a person with her first place. Without a password she can't sign in until someone gives her one."""

    line: int
    username: str
    name: str
    email: str
    password: str = field(repr=False)
    department: UUID
    title: str
    is_leader: bool
    sort: int


@dataclass(frozen=True, slots=True)
class ChangePerson:
    """Give a person another name or address; None leaves it as it is."""

    line: int
    person: UUID
    version: int
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Give a person, there already or made by an earlier step, a place in a department."""

    line: int
    username: str
    department: UUID
    title: str
    is_primary: bool
    is_leader: bool
    sort: int


@dataclass(frozen=True, slots=True)
class ChangePlace:
    """Change a person's place; None leaves a value as it is."""

    line: int
    placement: UUID
    version: int
    title: str | None = None
    is_primary: bool | None = None
    is_leader: bool | None = None
    sort: int | None = None


Step = CreateDepartment | ChangeDepartment | MoveDepartment | CreatePerson | ChangePerson | Place | ChangePlace


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order in which they work, the findings, and how many rows ask for nothing new."""

    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    unchanged: int

    def counts(self) -> dict[str, int]:
        """Return how many rows there are of each kind of step, `unchanged` and `refused` among them."""
        found = {"unchanged": self.unchanged, "refused": len({finding.line for finding in self.findings})}
        for step in self.steps:
            name = type(step).__name__
            found[name] = found.get(name, 0) + 1
        return found
