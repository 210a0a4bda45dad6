"""The rows of the trees and their locks: everything that keeps django-mptt's columns whole when many change a tree.

Lock order: root rows of the organisations by id, the department itself, the person, the end of the audit log. A
structural change holds the root row until its transaction ends, so two of them never work on one tree at a time; what
it read before is read again under the lock. Placing people locks no root: it only keeps its department from being
deleted or moved away meanwhile.
"""

import secrets
from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import IntegrityError, connection

from apps.access.errors import ScopeNotFound
from apps.access.scopes import MAX_DEPTH, Scope
from apps.common.errors import ImError, Stale, Unavailable
from apps.orgs.errors import CodeTaken, DepartmentNotFound, DepartmentsFull, NameTaken, TreeTooDeep
from apps.orgs.models import Department, Organisation

MAX_CHILDREN: Final = 2_000
"""Departments directly below one; a further one is refused. A level of the tree is shown as one list."""

MAX_TREE_ID: Final = 2**31 - 1
TREE_ID_DRAWS: Final = 8
"""A tree's number is drawn, not counted: new organisations lock nothing. A number that another tree has is drawn
again, at most this often; even with a million trees the second draw is one in two thousand."""


def lock_trees(tenant_id: UUID, organisation_ids: Collection[UUID]) -> None:
    """Keep these organisations' trees as they are until the transaction ends. One query."""
    roots = Department.objects.for_tenant(tenant_id).filter(parent__isnull=True, organisation_id__in=organisation_ids)
    list(roots.order_by("organisation_id").select_for_update(no_key=True).values_list("pk"))


def reread(department: Department) -> Department:
    """Return the department as it is under the lock. Raises DepartmentNotFound, or Stale if it changed its tree."""
    rows = Department.objects.for_tenant(department.tenant_id).select_related("organisation")
    found = rows.filter(pk=department.pk).first()
    if found is None:
        raise DepartmentNotFound(department=str(department.pk))
    if found.organisation_id != department.organisation_id:
        raise Stale(version=found.version)
    return found


def hold_department(department: Department) -> Department:
    """Return the department as it is, which nobody deletes or moves until the transaction ends. Two queries.

    Raises DepartmentNotFound.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM orgs_department WHERE tenant_id = %s AND id = %s FOR KEY SHARE",
            [department.tenant_id, department.pk],
        )
    rows = Department.objects.for_tenant(department.tenant_id).select_related("organisation")
    found = rows.filter(pk=department.pk).first()
    if found is None:
        raise DepartmentNotFound(department=str(department.pk))
    return found


def hold_place(scope: Scope) -> None:
    """Keep an organisation or department as it is: grants are made there. Raises ScopeNotFound."""
    if scope.tenant_id is None or scope.organisation_id is None:
        raise ScopeNotFound(scope=scope.path)
    lock_trees(scope.tenant_id, [scope.organisation_id])
    if not Department.objects.for_tenant(scope.tenant_id).filter(path=scope.path).exists():
        raise ScopeNotFound(scope=scope.path)


def insert_root(organisation: Organisation, *, path: str) -> Department:
    """Make the root department of a new organisation, in a tree of its own. Raises Unavailable."""
    rows = Department.objects.for_tenant(organisation.tenant_id)
    for _draw in range(TREE_ID_DRAWS):
        root = Department(
            tenant_id=organisation.tenant_id,
            organisation=organisation,
            name=organisation.name,
            path=path,
            lft=1,
            rght=2,
            level=0,
            tree_id=1 + secrets.randbelow(MAX_TREE_ID),
        )
        rows.bulk_create([root], ignore_conflicts=True)
        if rows.filter(pk=root.pk).exists():
            return root
    raise Unavailable


def free_tree_ids(count: int) -> list[int]:
    """Draw numbers for new trees that no tree has, for whoever writes whole trees at once. One query."""
    drawn = {1 + secrets.randbelow(MAX_TREE_ID) for _ in range(2 * count)}
    taken = Department.unscoped.filter(tree_id__in=drawn, parent__isnull=True).values_list("tree_id", flat=True)
    return sorted(drawn - set(taken))[:count]


def require_room_below(parent: Department, *, deepest: int) -> None:
    """Refuse a further child of `parent` whose own deepest descendant would be on level `deepest`. One query."""
    if deepest > MAX_DEPTH:
        raise TreeTooDeep(limit=MAX_DEPTH, depth=deepest)
    children = Department.objects.for_tenant(parent.tenant_id).filter(parent_id=parent.pk).count()
    if children >= MAX_CHILDREN:
        raise DepartmentsFull(name=parent.name, limit=MAX_CHILDREN)


def sibling(parent: Department, department_id: UUID) -> Department:
    """Return a child of `parent`, before which something is to come. Raises DepartmentNotFound. One query."""
    children = Department.objects.for_tenant(parent.tenant_id).filter(parent_id=parent.pk)
    found = children.filter(pk=department_id).first()
    if found is None:
        raise DepartmentNotFound(department=str(department_id))
    return found


def refusal(error: IntegrityError, *, name: str, code: str) -> ImError | None:
    """Return what a violated constraint means to people; None if it is a defect of ours."""
    violated = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if violated.endswith("_name_once"):
        return NameTaken(name=name)
    if violated.endswith("_code_once"):
        return CodeTaken(code=code)
    return None
