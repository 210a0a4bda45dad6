"""Making departments, changing and deleting them. Moving them is `services.moving`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from apps.access.policies import Powers
from apps.access.selectors import Actor, powers_of
from apps.access.services import drop_scopes
from apps.access.units import Unit
from apps.audit.services import record
from apps.common.errors import Stale
from apps.common.ids import new_id
from apps.common.retry import run_in_transaction
from apps.common.text import clean_line
from apps.orgs.errors import DepartmentNotEmpty, DepartmentNotFound, OrganisationClosed, RootStays
from apps.orgs.models import Department, Placement
from apps.orgs.models.departments import MAX_CODE_CHARS, MAX_NAME_CHARS
from apps.orgs.selectors.lookup import get_department
from apps.orgs.services.trail import told
from apps.orgs.services.trees import lock_trees, refusal, require_room_below, reread, sibling
from apps.orgs.units import DEPARTMENT_CHANGE


def create_department(
    actor: Actor,
    *,
    parent_id: UUID,
    name: str,
    code: str = "",
    is_hidden: bool = False,
    before_id: UUID | None = None,
    now: datetime,
) -> Department:
    """Make a department below another one: before one of its children, or after all of them.

    Raises DepartmentNotFound, NotPermitted, InvalidInput, NameTaken, CodeTaken, TreeTooDeep, DepartmentsFull or
    OrganisationClosed.
    """
    fields = {"name": _clean_name(name), "code": _clean_code(code), "is_hidden": is_hidden}

    def create() -> Department:
        parent = open_department(powers_of(actor, now=now), DEPARTMENT_CHANGE, parent_id)
        require_open(parent)
        require_room_below(parent, deepest=parent.level + 1)
        target, position = (parent, "last-child") if before_id is None else (sibling(parent, before_id), "left")
        key = new_id()
        department = Department(
            id=key,
            tenant_id=parent.tenant_id,
            organisation=parent.organisation,
            parent=parent,
            path=parent.scope.department(key).path,
            **fields,
        )
        department.insert_at(target, position, save=True)
        record(told(actor, "department.created", department, scope=department.scope, now=now, after=fields))
        return department

    try:
        return run_in_transaction(create)
    except IntegrityError as error:
        raise refusal(error, name=str(fields["name"]), code=str(fields["code"])) or error from error


def change_department(
    actor: Actor,
    *,
    department_id: UUID,
    version: int,
    name: str | None = None,
    code: str | None = None,
    is_hidden: bool | None = None,
    now: datetime,
) -> Department:
    """Change what is not None. A root department has the name of its organisation, so that is changed there.

    Raises DepartmentNotFound, NotPermitted, InvalidInput, Stale, RootStays, NameTaken or CodeTaken.
    """
    given = {
        "name": None if name is None else _clean_name(name),
        "code": None if code is None else _clean_code(code),
        "is_hidden": is_hidden,
    }
    fields = {field: value for field, value in given.items() if value is not None}

    def change() -> Department:
        department = open_department(powers_of(actor, now=now), DEPARTMENT_CHANGE, department_id, version=version)
        if department.is_root and {"name", "is_hidden"} & fields.keys():
            raise RootStays
        before = {field: getattr(department, field) for field in fields}
        store(department, **fields)
        record(
            told(actor, "department.changed", department, scope=department.scope, now=now, before=before, after=fields)
        )
        return department

    try:
        return run_in_transaction(change)
    except IntegrityError as error:
        raise refusal(error, name=str(given["name"]), code=str(given["code"])) or error from error


def delete_department(actor: Actor, *, department_id: UUID, version: int, now: datetime) -> None:
    """Delete a department without people and without departments below it, and the grants made there.

    It needs the power over the department around it. Raises DepartmentNotFound, NotPermitted, Stale, RootStays or
    DepartmentNotEmpty.
    """

    def delete() -> None:
        powers = powers_of(actor, now=now)
        department = open_department(powers, DEPARTMENT_CHANGE, department_id, version=version)
        if department.is_root:
            raise RootStays
        require_around(powers, DEPARTMENT_CHANGE, department)
        rows = Department.objects.for_tenant(department.tenant_id)
        rows.select_for_update().filter(pk=department.pk).first()  # who places someone there just now comes first
        children = rows.filter(parent_id=department.pk).count()
        people = Placement.objects.for_tenant(department.tenant_id).filter(department_id=department.pk).count()
        if children or people:
            raise DepartmentNotEmpty(name=department.name, departments=children, people=people)
        before = {"name": department.name, "grants": drop_scopes(department.scope)}
        entry = told(actor, "department.deleted", department, scope=department.scope, now=now, before=before)
        department.delete()
        record(entry)

    run_in_transaction(delete)


def open_department(powers: Powers, unit: Unit, department_id: UUID, *, version: int | None = None) -> Department:
    """Return a department, organisation loaded: authorised, its tree locked, read again, of this version.

    Raises DepartmentNotFound, NotPermitted or Stale.
    """
    seen = get_department(powers, unit, department_id)
    lock_trees(seen.tenant_id, [seen.organisation_id])
    department = reread(seen)
    powers.require(unit, department.scope)
    require_version(department, version)
    return department


def require_version(department: Department, version: int | None) -> None:
    """Raise Stale if somebody changed the department since this version. None: the caller edits nothing of it."""
    if version is not None and department.version != version:
        raise Stale(version=department.version)


def require_open(department: Department) -> None:
    """Raise OrganisationClosed if its organisation is. Reads `organisation`."""
    if not department.organisation.is_active:
        raise OrganisationClosed(name=department.organisation.name)


def require_around(powers: Powers, unit: Unit, department: Department) -> None:
    """Raise NotPermitted unless the powers hold the unit at the department around this one."""
    around = department.scope.parent
    if around is None:
        raise DepartmentNotFound(department=str(department.pk))
    powers.require(unit, around)


def store(department: Department, **fields: Any) -> None:
    """Store fields that are not the tree's, with the next version. One query.

    Not by `save()`, which in django-mptt looks after the tree at each call.
    """
    department.version += 1
    for field, value in fields.items():
        setattr(department, field, value)
    rows = Department.objects.for_tenant(department.tenant_id).filter(pk=department.pk)
    rows.update(version=department.version, **fields)


def _clean_name(text: str) -> str:
    return clean_line(text, field="name", max_chars=MAX_NAME_CHARS)


def _clean_code(text: str) -> str:
    return clean_line(text, field="code", max_chars=MAX_CODE_CHARS, required=False)
