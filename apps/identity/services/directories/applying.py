"""Carries out a plan, step by step, by the services that administrators use. A refused step leaves the others be.

Consecutive steps about one person are one transaction; each step about a department is one of its own. So a run that
is broken off has done what it has done, and the next one goes on from there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.db.models import QuerySet

from apps.access.selectors import Program
from apps.accounts.models import User
from apps.common.errors import ImError
from apps.common.retry import run_in_transaction
from apps.identity.models import Absence, Connection, DepartmentLink, Link
from apps.identity.models.links import MAX_LABEL_CHARS
from apps.identity.syncing import steps as s
from apps.orgs.errors import DepartmentNotFound
from apps.orgs.models import Department, Placement
from apps.orgs.services import (
    NewPerson,
    PersonChange,
    PlacementChange,
    activate_person,
    change_department,
    change_person,
    change_placement,
    create_department,
    create_person,
    deactivate_person,
    delete_department,
    move_department,
    place_person,
    remove_placement,
)

BEAT_STEPS = 50
"""After so many groups of steps whoever runs it is told that it is still at work."""


@dataclass(slots=True)
class Outcome:
    """What has become of a plan: how many steps were done, and which were refused, why."""

    done: int = 0
    refused: list[s.Finding] = field(default_factory=list)


def apply_plan(
    connection: Connection, actor: Program, plan: s.Plan, *, now: datetime, beat: Callable[[], None] = lambda: None
) -> Outcome:
    """Do the steps, and report. `beat` is called now and then, between transactions."""
    hand = _Hand(connection, actor, now)
    outcome = Outcome()
    for number, group in enumerate(_groups(plan.steps), start=1):
        try:
            hand.do_all(group)
        except (ImError, ObjectDoesNotExist, IntegrityError) as error:
            # What the plan speaks of has changed since it was made; the next run sees it as it is.
            reason = error.text if isinstance(error, ImError) else type(error).__name__
            outcome.refused.append(s.Finding("refused", subject(group[0]), f"{type(group[0]).__name__}: {reason}"))
        else:
            outcome.done += len(group)
        if number % BEAT_STEPS == 0:
            beat()
    return outcome


def subject(step: s.Step) -> str:
    """Return whom or what a step is about, as people know it."""
    return step.username if isinstance(step, _PERSONAL) else step.name


_PERSONAL = (
    s.CreatePerson,
    s.AdoptPerson,
    s.ChangePerson,
    s.ActivatePerson,
    s.DeactivatePerson,
    s.PlacePerson,
    s.RemovePlace,
)


def _groups(steps: Sequence[s.Step]) -> Iterator[list[s.Step]]:
    def key(numbered: tuple[int, s.Step]) -> str | int:
        number, step = numbered
        return subject(step) if isinstance(step, _PERSONAL) else number

    for _key, group in groupby(enumerate(steps), key=key):
        yield [step for _number, step in group]


class _Hand:
    """Does steps, and remembers what the earlier ones have made."""

    def __init__(self, connection: Connection, actor: Program, now: datetime) -> None:
        self._connection = connection
        self._tenant_id = connection.tenant_id
        self._actor = actor
        self._now = now
        self._made: dict[str, UUID] = {}

    def do_all(self, steps: Sequence[s.Step]) -> None:
        """Do the steps of one group, all or none."""
        made: dict[str, UUID] = {}

        def group() -> None:
            made.clear()
            for step in steps:
                if isinstance(step, _PERSONAL):
                    self._do_person(step)
                else:
                    made.update(self._do_department(step))

        run_in_transaction(group)
        self._made.update(made)

    def _do_department(self, step: s.Step) -> dict[str, UUID]:
        match step:
            case s.CreateDepartment():
                parent = self._id(step.parent)
                made = create_department(self._actor, parent_id=parent, name=step.name, now=self._now)
                self._link_department(made.pk, step.key)
                return {step.key: made.pk}
            case s.AdoptDepartment():
                self._link_department(step.department, step.key)
            case s.RenameDepartment():
                version = self._version(step.department)
                change_department(
                    self._actor, department_id=step.department, version=version, name=step.name, now=self._now
                )
            case s.MoveDepartment():
                move_department(
                    self._actor,
                    department_id=step.department,
                    parent_id=self._id(step.parent),
                    version=self._version(step.department),
                    now=self._now,
                )
            case s.DeleteDepartment():
                version = self._version(step.department)
                delete_department(self._actor, department_id=step.department, version=version, now=self._now)
        return {}

    def _do_person(self, step: s.Step) -> None:
        match step:
            case s.CreatePerson():
                self._create_person(step)
            case s.AdoptPerson():
                self._link_person(step.person, step.key, step.username)
            case s.ChangePerson():
                version = User.objects.for_tenant(self._tenant_id).get(pk=step.person).version
                change = PersonChange(display_name=step.display_name, email=step.email)
                change_person(self._actor, user_id=step.person, version=version, change=change, now=self._now)
            case s.ActivatePerson():
                activate_person(self._actor, user_id=step.person, now=self._now)
                self._absences(step.person).delete()
            case s.DeactivatePerson():
                deactivate_person(self._actor, user_id=step.person, now=self._now)
                self._note_absence(step.person)
            case s.PlacePerson():
                self._place(step)
            case s.RemovePlace():
                place = self._placement(step.person, step.department)
                remove_placement(self._actor, placement_id=place.pk, version=place.version, now=self._now)

    def _create_person(self, step: s.CreatePerson) -> None:
        person = NewPerson(username=step.username, password=None, display_name=step.display_name, email=step.email)
        user = create_person(self._actor, person=person, department_id=None, tenant_id=self._tenant_id, now=self._now)
        self._link_person(user.pk, step.key, step.username)

    def _place(self, step: s.PlacePerson) -> None:
        user_id = User.objects.for_tenant(self._tenant_id).get(username=step.username).pk
        department = self._id(step.department)
        if not step.is_there:
            place_person(
                self._actor,
                user_id=user_id,
                department_id=department,
                title=step.title,
                is_primary=step.is_primary,
                now=self._now,
            )
            return
        place = self._placement(user_id, department)
        change = PlacementChange(title=step.title, is_primary=step.is_primary)
        change_placement(self._actor, placement_id=place.pk, version=place.version, change=change, now=self._now)

    def _link_department(self, department: UUID, key: str) -> None:
        DepartmentLink.objects.for_tenant(self._tenant_id).create(
            tenant_id=self._tenant_id, connection=self._connection, department_id=department, external_id=key
        )

    def _link_person(self, person: UUID, key: str, label: str) -> None:
        Link.objects.for_tenant(self._tenant_id).create(
            tenant_id=self._tenant_id,
            connection=self._connection,
            user_id=person,
            external_id=key,
            label=label[:MAX_LABEL_CHARS],
        )

    def _note_absence(self, person: UUID) -> None:
        row = Absence(tenant_id=self._tenant_id, connection=self._connection, user_id=person)
        Absence.objects.for_tenant(self._tenant_id).bulk_create([row], ignore_conflicts=True)

    def _absences(self, person: UUID) -> QuerySet[Absence]:
        return Absence.objects.for_tenant(self._tenant_id).filter(connection=self._connection, user_id=person)

    def _placement(self, person: UUID, department: UUID) -> Placement:
        return Placement.objects.for_tenant(self._tenant_id).get(user_id=person, department_id=department)

    def _version(self, department: UUID) -> int:
        return Department.objects.for_tenant(self._tenant_id).get(pk=department).version

    def _id(self, place: s.Place) -> UUID:
        if isinstance(place, UUID):
            return place
        try:
            return self._made[place]
        except KeyError:
            raise DepartmentNotFound(department=place) from None
