"""Moving a department with everything below it, within its organisation or to another one of the tenant.

Its people stay in it and its grants go along: scope paths of departments and grants change together.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError
from django.db.models import CharField, Max, Q, QuerySet, Value
from django.db.models.functions import Concat, Substr

from apps.access.policies import Powers
from apps.access.scopes import Scope
from apps.access.selectors import Actor, below, powers_of
from apps.access.services import move_scopes
from apps.audit.services import record
from apps.common.retry import run_in_transaction
from apps.orgs.errors import DepartmentNotFound, MoveBelowItself, RootStays
from apps.orgs.models import Department
from apps.orgs.selectors.lookup import get_department
from apps.orgs.services.departments import require_around, require_open, require_version, store
from apps.orgs.services.trail import told
from apps.orgs.services.trees import lock_trees, refusal, require_room_below, reread, sibling
from apps.orgs.units import DEPARTMENT_MOVE


@dataclass(frozen=True, slots=True)
class _Move:
    """A department and the one it comes below, both trees locked."""

    department: Department
    parent: Department


def move_department(
    actor: Actor,
    *,
    department_id: UUID,
    parent_id: UUID,
    before_id: UUID | None = None,
    version: int,
    now: datetime,
) -> Department:
    """Move a department below another one: before one of its children, or after all of them.

    It needs the power over the department around it, and over the one it goes to. Raises DepartmentNotFound,
    NotPermitted, Stale, RootStays, MoveBelowItself, TreeTooDeep, DepartmentsFull, OrganisationClosed, NameTaken or
    CodeTaken.
    """

    def move() -> Department:
        powers = powers_of(actor, now=now)
        found = _open(powers, department_id, parent_id)
        department, parent = found.department, found.parent
        require_version(department, version)
        require_open(parent)
        is_elsewhere = parent.pk != department.parent_id
        if is_elsewhere:
            require_room_below(parent, deepest=parent.level + 1 + _height(department))
        old = department.scope
        before = {"parent": str(department.parent_id), "path": old.path}
        new = parent.scope.department(department.pk) if is_elsewhere else old
        try:
            _place(department, parent, before_id)
            grants = _rewrite_paths(department, parent, old=old, new=new) if is_elsewhere else 0
        except IntegrityError as error:
            raise refusal(error, name=department.name, code=department.code) or error from error
        store(department)
        after = {"parent": str(parent.pk), "path": new.path, "grants": grants}
        record(told(actor, "department.moved", department, scope=new, now=now, before=before, after=after))
        return department

    return run_in_transaction(move)


def _open(powers: Powers, department_id: UUID, parent_id: UUID) -> _Move:
    """Both departments: authorised, their trees locked, read again, and fit for each other."""
    department = get_department(powers, DEPARTMENT_MOVE, department_id)
    parent = get_department(powers, DEPARTMENT_MOVE, parent_id)
    if department.tenant_id != parent.tenant_id:
        raise DepartmentNotFound(department=str(parent_id))
    lock_trees(department.tenant_id, {department.organisation_id, parent.organisation_id})
    department, parent = reread(department), reread(parent)
    if department.is_root:
        raise RootStays
    require_around(powers, DEPARTMENT_MOVE, department)
    powers.require(DEPARTMENT_MOVE, parent.scope)
    if department.scope.covers(parent.scope):
        raise MoveBelowItself(name=department.name)
    return _Move(department, parent)


def _height(department: Department) -> int:
    """How many levels there are below a department. One query."""
    deepest: int = _subtree(department, department.scope).aggregate(level=Max("level"))["level"]
    return deepest - department.level


def _place(department: Department, parent: Department, before_id: UUID | None) -> None:
    """Let django-mptt number the tree, or both trees, anew. Before itself it stays where it is."""
    if before_id is None:
        department.move_to(parent, "last-child")
    elif before_id != department.pk:
        department.move_to(sibling(parent, before_id), "left")


def _rewrite_paths(department: Department, parent: Department, *, old: Scope, new: Scope) -> int:
    """Let the paths of the subtree, and the grants there, begin with where it is now; return how many grants."""
    path = Concat(Value(new.path), Substr("path", len(old.path) + 1), output_field=CharField())
    _subtree(department, old).update(path=path, organisation=parent.organisation_id)
    department.path = new.path
    department.organisation = parent.organisation
    return move_scopes(old, new)


def _subtree(department: Department, scope: Scope) -> QuerySet[Department]:
    within: Q = below((scope,), field="path")
    return Department.objects.for_tenant(department.tenant_id).filter(within)
