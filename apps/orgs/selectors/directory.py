"""The organisations as one of their people sees them: the tree, who is where, where somebody is.

Only what the viewer may see is found and counted; `visibility` says what that is.
"""

from uuid import UUID

from django.db.models import F, Func, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.orgs.errors import DepartmentNotFound
from apps.orgs.models import Department, Placement
from apps.orgs.selectors.standing import Standing, around, read_standing
from apps.orgs.selectors.visibility import visible_departments, visible_placements, visible_users


def list_organisations(viewer: User) -> list[Department]:
    """Return the root departments that the viewer is shown, organisation loaded, in their order, with `people`.

    Three queries.
    """
    stands = read_standing(viewer)
    roots = visible_departments(viewer, standing=stands).filter(parent__isnull=True).select_related("organisation")
    return list(_counted(viewer, stands, roots).order_by("organisation__sort", "name", "id"))


def find_department(viewer: User, department_id: UUID) -> tuple[Department, list[Department], list[Department]]:
    """Return a department, the ones above it (the root first), and those directly below it in their order.

    The ones below have `people`: how many of those in their branch the viewer sees. Five queries at most. Raises
    DepartmentNotFound.
    """
    stands = read_standing(viewer)
    shown = visible_departments(viewer, standing=stands)
    department = shown.filter(pk=department_id).select_related("organisation").first()
    if department is None:
        raise DepartmentNotFound(department=str(department_id))
    above = Department.objects.for_tenant(viewer.tenant_id).filter(
        tree_id=department.tree_id, lft__lt=department.lft, rght__gt=department.rght
    )
    children = _counted(viewer, stands, shown.filter(parent_id=department.pk)).order_by("lft", "id")
    return department, list(above.order_by("lft", "id")), list(children)


def department_people(viewer: User, department_id: UUID) -> QuerySet[Placement]:
    """Return the places in one department that the viewer knows of, people loaded: leaders first, then by `sort`, id.

    Four queries at most, with the reading. Raises DepartmentNotFound.
    """
    stands = read_standing(viewer)
    if not visible_departments(viewer, standing=stands).filter(pk=department_id).exists():
        raise DepartmentNotFound(department=str(department_id))
    places = visible_placements(viewer, standing=stands).filter(department_id=department_id)
    return places.select_related("user").order_by("-is_leader", "sort", "id")


def person_card(viewer: User, user_id: UUID) -> tuple[User, list[tuple[Placement, list[str]]]]:
    """Return a person whom the viewer sees, and her places that the viewer knows of, each with the names on the way.

    The primary place comes first. Five queries at most. Raises UserNotFound.
    """
    stands = read_standing(viewer)
    person = visible_users(viewer, standing=stands).filter(pk=user_id).first()
    if person is None:
        raise UserNotFound(user=str(user_id))
    known = visible_placements(viewer, standing=stands).filter(user_id=user_id).select_related("department")
    places = list(known.order_by("-is_primary", "sort", "id"))
    return person, list(zip(places, _ways(viewer, places), strict=True))


def _ways(viewer: User, places: list[Placement]) -> list[list[str]]:
    """Names from the root to each place's department. One query."""
    wanted = {path for place in places for path in around(place.department.path)}
    names = dict(Department.objects.for_tenant(viewer.tenant_id).filter(path__in=wanted).values_list("path", "name"))
    return [[names[path] for path in around(place.department.path)] for place in places]


def _counted(viewer: User, stands: Standing, departments: QuerySet[Department]) -> QuerySet[Department]:
    """Add `people`: how many different people the viewer knows to be in the department or below it."""
    below = visible_placements(viewer, standing=stands).filter(
        department__tree_id=OuterRef("tree_id"),
        department__lft__gte=OuterRef("lft"),
        department__lft__lte=OuterRef("rght"),
    )
    different = Func(F("user_id"), function="COUNT", template="%(function)s(DISTINCT %(expressions)s)")
    count = below.order_by().annotate(people=different).values("people")
    return departments.annotate(people=Coalesce(Subquery(count, output_field=IntegerField()), 0))
