"""Plans what a list of people does to accounts and their places. Pure: preview, dry run and applying share it.

A row means the person with its user name. A person may have several rows, one per department; the first one makes the
account or changes it. Places that the file does not name stay, and so does the password of whoever is there already.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from apps.orgs.exchange.findings import WHOLE_ROW, Finding, RowRefused
from apps.orgs.exchange.references import ROOT
from apps.orgs.exchange.rows import PersonRow
from apps.orgs.exchange.steps import ChangePerson, ChangePlace, CreatePerson, Place, Plan, Step
from apps.orgs.exchange.trees import Tree


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A place that somebody has."""

    id: UUID
    version: int
    title: str
    is_primary: bool
    is_leader: bool
    sort: int


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody of the tenant.

    `may_reach`: whether the one who imports may act on her at all; `may_change`: on her account as a whole.
    """

    id: UUID
    version: int
    name: str
    email: str
    is_active: bool
    may_reach: bool
    may_change: bool
    has_primary: bool
    places: Mapping[UUID, KnownPlace]


@dataclass(slots=True)
class _Account:
    """What the rows so far have made of one user name."""

    line: int
    name: str
    email: str
    known: KnownPerson | None
    has_primary: bool
    primary_line: int = 0
    places: dict[UUID, int] = field(default_factory=dict)


def plan_people(
    rows: Sequence[PersonRow],
    tree: Tree,
    people: Mapping[str, KnownPerson],
    *,
    free_accounts: int | None = None,
    may_place: Callable[[UUID], bool] = lambda _department: True,
) -> Plan:
    """Return the steps that make accounts and places say what the rows say.

    `people`: those of the tenant whom the rows name. `free_accounts`: how many may still be made, None for no bound.
    """
    planner = _Planner(tree, people, free_accounts, may_place)
    for row in rows:
        planner.take(row)
    return Plan(tuple(planner.steps), tuple(planner.findings), planner.unchanged)


class _Planner:
    def __init__(
        self,
        tree: Tree,
        people: Mapping[str, KnownPerson],
        free_accounts: int | None,
        may_place: Callable[[UUID], bool],
    ) -> None:
        self._tree = tree
        self._people = people
        self._free_accounts = free_accounts
        self._may_place = may_place
        self._accounts: dict[str, _Account] = {}
        self._refused: dict[str, int] = {}
        self.steps: list[Step] = []
        self.findings: list[Finding] = []
        self.unchanged = 0

    def take(self, row: PersonRow) -> None:
        try:
            steps = self._steps(row)
        except RowRefused as refused:
            self.findings.append(refused.at(row.line))
            if row.username not in self._accounts:
                self._refused.setdefault(row.username, row.line)
            return
        self.steps += steps
        self.unchanged += not steps

    def _steps(self, row: PersonRow) -> list[Step]:
        if row.username in self._refused:
            raise RowRefused("username", "person_refused", first=self._refused[row.username])
        known = self._people.get(row.username)
        account = self._accounts.get(row.username)
        department = self._department(row, is_needed=known is None)
        if account is not None:
            self._check_agreement(row, account)
            return self._place(row, account, department)
        if known is not None:
            return self._begin_known(row, known, department)
        assert department is not None  # noqa: S101 - `_department` finds one where one is needed
        return [self._create(row, department)]

    def _department(self, row: PersonRow, *, is_needed: bool) -> UUID | None:
        """A new person without a department belongs to the organisation itself: its root."""
        if row.department is None and not is_needed:
            return None
        reference = row.department or ROOT
        found = self._tree.find(reference)
        if not isinstance(found, UUID):
            raise RowRefused("department", "unknown_department", department=str(reference)[:200])
        if not self._may_place(found):
            raise RowRefused("department", "outside_scope")
        return found

    def _create(self, row: PersonRow, department: UUID) -> Step:
        if self._free_accounts is not None:
            if self._free_accounts <= 0:
                raise RowRefused(WHOLE_ROW, "too_many_people")
            self._free_accounts -= 1
        account = _Account(row.line, row.name or row.username, row.email, None, has_primary=True)
        account.primary_line = row.line if row.primary else 0
        account.places[department] = row.line
        self._accounts[row.username] = account
        return CreatePerson(
            row.line,
            row.username,
            account.name,
            row.email,
            row.password,
            department,
            row.title,
            bool(row.leader),
            row.sort or 0,
        )

    def _begin_known(self, row: PersonRow, known: KnownPerson, department: UUID | None) -> list[Step]:
        if not known.may_reach:
            raise RowRefused("username", "person_outside_scope", username=row.username)
        if not known.is_active:
            raise RowRefused("username", "person_inactive", username=row.username)
        name = row.name if row.name and row.name != known.name else None
        email = row.email if row.email and row.email != known.email else None
        if (name is not None or email is not None) and not known.may_change:
            raise RowRefused("username", "person_outside_scope", username=row.username)
        account = _Account(row.line, name or known.name, email or known.email, known, known.has_primary)
        placing = self._place(row, account, department)
        self._accounts[row.username] = account
        changing: list[Step] = [ChangePerson(row.line, known.id, known.version, name, email)] if name or email else []
        return changing + placing

    def _check_agreement(self, row: PersonRow, account: _Account) -> None:
        for column, value, first in (("name", row.name, account.name), ("email", row.email, account.email)):
            if value and value != first:
                raise RowRefused(column, "contradicts_row", first=account.line, value=first)

    def _place(self, row: PersonRow, account: _Account, department: UUID | None) -> list[Step]:
        if department is None:
            return []
        if department in account.places:
            raise RowRefused("department", "row_repeated", first=account.places[department])
        if row.primary and account.primary_line:
            raise RowRefused("primary", "primary_repeated", first=account.primary_line)
        account.places[department] = row.line
        account.primary_line = row.line if row.primary else account.primary_line
        known = account.known.places.get(department) if account.known else None
        step = _changed(row, known) if known else self._new_place(row, account, department)
        account.has_primary = account.has_primary or bool(row.primary)
        return [step] if step else []

    @staticmethod
    def _new_place(row: PersonRow, account: _Account, department: UUID) -> Step:
        """The first place is the primary one unless the row says otherwise."""
        is_primary = row.primary if row.primary is not None else not account.has_primary
        account.has_primary = account.has_primary or is_primary
        return Place(row.line, row.username, department, row.title, is_primary, bool(row.leader), row.sort or 0)


def _changed(row: PersonRow, known: KnownPlace) -> Step | None:
    step = ChangePlace(
        row.line,
        known.id,
        known.version,
        title=row.title if row.title and row.title != known.title else None,
        is_primary=row.primary if row.primary is not None and row.primary != known.is_primary else None,
        is_leader=row.leader if row.leader is not None and row.leader != known.is_leader else None,
        sort=row.sort if row.sort is not None and row.sort != known.sort else None,
    )
    return None if step == ChangePlace(row.line, known.id, known.version) else step
