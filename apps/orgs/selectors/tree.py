"""The department tree as an administrator opens it: level by level, with how much is behind each department.

What people see of it is `selectors.directory`.
"""

from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.access.locators import locator_of
from apps.access.policies import Powers
from apps.access.scopes import Level
from apps.orgs.models import Department, Placement
from apps.orgs.selectors.lookup import get_department
from apps.orgs.units import DEPARTMENT_VIEW


def tree_tops(powers: Powers, *, tenant_id: UUID) -> list[Department]:
    """Return the outermost departments of a tenant that an administrator sees, organisation loaded, with counts.

    Where her powers hold for whole organisations, those are their roots. By organisation, then in the tree's order.
    One query.
    """
    scopes = powers.scopes(DEPARTMENT_VIEW)
    own = [scope.path for scope in scopes if scope.level >= Level.ORGANISATION]
    departments = Department.objects.for_tenant(tenant_id)
    tops = departments.filter(path__in=own) if own else departments.none()
    wider = [scope for scope in scopes if scope.level < Level.ORGANISATION]
    if wider:
        tops |= departments.filter(locator_of(Department).within(wider), parent__isnull=True)
    order = ("organisation__sort", "organisation__name", "tree_id", "lft")
    return list(with_counts(tops, tenant_id=tenant_id).order_by(*order))


def tree_level(powers: Powers, *, parent_id: UUID) -> list[Department]:
    """Return the departments directly below one, in their order, with counts. Two queries.

    Raises DepartmentNotFound or NotPermitted.
    """
    parent = get_department(powers, DEPARTMENT_VIEW, parent_id)
    children = Department.objects.for_tenant(parent.tenant_id).filter(parent_id=parent.pk)
    return list(with_counts(children, tenant_id=parent.tenant_id).order_by("lft"))


def with_counts(departments: QuerySet[Department], *, tenant_id: UUID) -> QuerySet[Department]:
    """Add `children_count` and `people_count`, the departments and people directly in each, and the organisation.

    `Department.descendant_count` tells, without a query, how many departments there are at all depths.
    """
    return departments.select_related("organisation").annotate(
        children_count=_counted(Department.objects.for_tenant(tenant_id), "parent_id"),
        people_count=_counted(Placement.objects.for_tenant(tenant_id), "department_id"),
    )


def _counted(rows: QuerySet[Department] | QuerySet[Placement], column: str) -> Coalesce:
    """How many of the rows have the outer department's id in a column."""
    here = rows.filter(**{column: OuterRef("pk")}).order_by().values(column).annotate(count=Count("pk"))
    return Coalesce(Subquery(here.values("count")), 0, output_field=IntegerField())
