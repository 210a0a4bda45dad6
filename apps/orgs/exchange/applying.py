"""Carries out a plan, row by row, by the services that administrators use. A refused row leaves the others be."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

from apps.access.selectors import Actor
from apps.accounts.models import User
from apps.common.errors import ImError
from apps.common.retry import run_in_transaction
from apps.orgs.exchange.findings import WHOLE_ROW, FieldValue, Finding
from apps.orgs.exchange.snapshots import Snapshot
from apps.orgs.exchange.steps import (
    ChangeDepartment,
    ChangePerson,
    ChangePlace,
    CreateDepartment,
    CreatePerson,
    MoveDepartment,
    Place,
    Plan,
    Step,
    Target,
)
from apps.orgs.models import Placement
from apps.orgs.services import change_department, create_department, move_department
from apps.orgs.services.people import NewPerson, PersonChange, change_person, create_person
from apps.orgs.services.placements import PlacementChange, change_placement, place_person


@dataclass(slots=True)
class Outcome:
    """What has become of the rows: how many of each kind of step, and why some were refused."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


def apply_rows(actor: Actor, plan: Plan, snapshot: Snapshot, *, tenant_id: UUID, now: datetime) -> Outcome:
    """Do the steps of each row in a transaction of its own, and report.

    A department that somebody has moved or deleted since the plan was made, a name that was taken: each is a finding.
    """
    run = _Run(actor, snapshot, tenant_id, now)
    outcome = Outcome(findings=list(plan.findings))
    for line, steps in groupby(plan.steps, key=lambda step: step.line):
        row = list(steps)
        try:
            run.do_all(row)
        except ImError as error:
            fields: dict[str, FieldValue] = {"reason": error.text, "why": error.code}
            outcome.findings.append(Finding(line, WHOLE_ROW, "refused", fields))
            continue
        outcome.counts.update(type(step).__name__ for step in row)
    outcome.counts["unchanged"] += plan.unchanged
    outcome.counts["refused"] += len({finding.line for finding in outcome.findings})
    return outcome


class _Run:
    """One part: who applies it, and the ids and versions of what its earlier steps have made."""

    def __init__(self, actor: Actor, snapshot: Snapshot, tenant_id: UUID, now: datetime) -> None:
        self._actor = actor
        self._tenant_id = tenant_id
        self._now = now
        self._versions = dict(snapshot.versions)
        self._made: dict[int, UUID] = {}
        self._fresh: dict[UUID, int] = {}

    def do_all(self, steps: Sequence[Step]) -> None:
        """Do the steps of one row, all or none. What a lost race made is forgotten before the next try."""

        def row() -> None:
            self._fresh = {}
            for step in steps:
                self._do(step)

        run_in_transaction(row)
        self._versions.update(self._fresh)

    def _do(self, step: Step) -> None:
        match step:
            case CreateDepartment():
                self._create_department(step)
            case ChangeDepartment():
                self._change_department(step)
            case MoveDepartment():
                self._move_department(step)
            case CreatePerson():
                self._create_person(step)
            case ChangePerson():
                change = PersonChange(display_name=step.name, email=step.email)
                change_person(self._actor, user_id=step.person, version=step.version, change=change, now=self._now)
            case Place():
                self._place(step)
            case ChangePlace():
                self._change_place(step)

    def _create_department(self, step: CreateDepartment) -> None:
        made = create_department(
            self._actor,
            parent_id=self._id(step.parent),
            name=step.name,
            code=step.code,
            is_hidden=step.is_hidden,
            now=self._now,
        )
        self._made[step.line] = made.id
        self._fresh[made.id] = made.version

    def _change_department(self, step: ChangeDepartment) -> None:
        changed = change_department(
            self._actor,
            department_id=step.department,
            version=self._version(step.department),
            name=step.name,
            code=step.code,
            is_hidden=step.is_hidden,
            now=self._now,
        )
        self._fresh[step.department] = changed.version

    def _move_department(self, step: MoveDepartment) -> None:
        moved = move_department(
            self._actor,
            department_id=step.department,
            parent_id=self._id(step.parent),
            version=self._version(step.department),
            now=self._now,
        )
        self._fresh[step.department] = moved.version

    def _create_person(self, step: CreatePerson) -> None:
        person = NewPerson(
            username=step.username,
            password=step.password or None,
            display_name=step.name,
            email=step.email,
            title=step.title,
            is_leader=step.is_leader,
            sort=step.sort,
        )
        create_person(self._actor, person=person, department_id=step.department, now=self._now)

    def _place(self, step: Place) -> None:
        user = User.objects.for_tenant(self._tenant_id).get(username=step.username)
        place_person(
            self._actor,
            user_id=user.id,
            department_id=step.department,
            title=step.title,
            is_primary=step.is_primary,
            is_leader=step.is_leader,
            sort=step.sort,
            now=self._now,
        )

    def _change_place(self, step: ChangePlace) -> None:
        """Making an earlier row's place the primary one counts this one's version up, too."""
        place = Placement.objects.for_tenant(self._tenant_id).filter(pk=step.placement).first()
        change_placement(
            self._actor,
            placement_id=step.placement,
            version=step.version if place is None else place.version,
            change=PlacementChange(step.title, step.is_primary, step.is_leader, step.sort),
            now=self._now,
        )

    def _version(self, department_id: UUID) -> int:
        return self._fresh.get(department_id) or self._versions[department_id]

    def _id(self, target: Target) -> UUID:
        return target if isinstance(target, UUID) else self._made[target]
