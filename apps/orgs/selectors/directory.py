"""The organisations as one of their people sees them: the tree, who is where, where somebody is.

Only what the viewer may see is found and counted; `visibility` says what that is.
"""

from typing import Final
from uuid import UUID

from django.db import connections
from django.db.models import Q, QuerySet, UUIDField
from django.db.models.functions import Cast, Substr

from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.orgs.errors import DepartmentNotFound
from apps.orgs.models import Department, Placement
from apps.orgs.selectors.standing import Standing, around, read_standing
from apps.orgs.selectors.visibility import others_placements, visible_departments, visible_placements, visible_users

_ID_CHARS: Final = 32
"""Of an id, with which every segment of a path ends."""


def list_organisations(viewer: User) -> list[tuple[Department, int]]:
    """Return the root departments that the viewer is shown, in the order of their organisations, and how many people
    she sees in each. Four queries.
    """
    stands = read_standing(viewer)
    roots = visible_departments(viewer, standing=stands).filter(parent__isnull=True)
    found = list(roots.order_by("organisation__sort", "name", "id"))
    return _counted(found, others_placements(stands), stands)


def find_department(
    viewer: User, department_id: UUID
) -> tuple[Department, list[Department], list[tuple[Department, int]]]:
    """Return a department, the ones above it (the root first), and those directly below it in their order, each with
    how many people in it and below it the viewer sees. Five queries. Raises DepartmentNotFound.
    """
    stands = read_standing(viewer)
    shown = visible_departments(viewer, standing=stands)
    department = shown.filter(pk=department_id).first()
    if department is None:
        raise DepartmentNotFound(department=str(department_id))
    way = around(department.path)[:-1]  # what is above something that is shown is shown
    near = list(shown.filter(Q(path__in=way) | Q(parent_id=department.pk)).order_by("lft", "id"))
    below = others_placements(stands).filter(
        department__tree_id=department.tree_id,
        department__lft__gt=department.lft,
        department__lft__lt=department.rght,
    )
    above = [each for each in near if each.level < department.level]
    return department, above, _counted([each for each in near if each.level > department.level], below, stands)


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

    The primary place comes first. Five queries. Raises UserNotFound.
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


def _counted(
    departments: list[Department], others: QuerySet[Placement], stands: Standing
) -> list[tuple[Department, int]]:
    """Count the different people in or below each of the departments, all of one depth: others, and the viewer.

    One query.
    """
    if not departments:
        return []
    end = len(departments[0].path)  # ids have one length, so the paths of all below agree with it up to here
    branch = Cast(Substr("department__path", end - _ID_CHARS + 1, _ID_CHARS), UUIDField())  # sorts faster than text
    pairs = others.order_by().annotate(branch=branch).values("branch", "user_id").distinct()
    sql, params = pairs.query.sql_with_params()  # counted in two steps: COUNT(DISTINCT …) sorts everybody by her path
    with connections[pairs.db].cursor() as cursor:
        cursor.execute(f"SELECT branch, count(*) FROM ({sql}) AS pairs GROUP BY branch", params)  # noqa: S608 - Django's
        people: dict[UUID, int] = dict(cursor.fetchall())
    own = {path for place in stands.places for path in around(place)}
    counts = [people.get(UUID(each.path[-_ID_CHARS:]), 0) + (each.path in own) for each in departments]
    return list(zip(departments, counts, strict=True))
