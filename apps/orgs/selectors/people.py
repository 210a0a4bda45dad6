"""Finding people by name, for people and for administrators, and who is in a department, for the latter.

What people see of a department is `selectors.directory`.
"""

from uuid import UUID

from django.db.models import QuerySet

from apps.access.locators import locator_of
from apps.access.policies import Powers
from apps.accounts.models import User
from apps.accounts.selectors import named
from apps.orgs.models import Placement
from apps.orgs.selectors.lookup import get_department
from apps.orgs.selectors.visibility import visible_users
from apps.orgs.units import PEOPLE_VIEW


def search_people(viewer: User, *, text: str) -> QuerySet[User]:
    """Return whom the viewer sees of those found by `text`; all whom she sees where there is none. Unordered.

    Three queries at most, with the reading.
    """
    return visible_users(viewer, few=bool(text.strip())).filter(named(text))


def find_people(powers: Powers, *, text: str) -> QuerySet[User]:
    """Return whom an administrator may look at, of those found by `text`, inactive people too. Unordered. One query."""
    return User.unscoped.filter(locator_of(User).within(powers.scopes(PEOPLE_VIEW))).filter(named(text))


def department_people(powers: Powers, department_id: UUID) -> QuerySet[Placement]:
    """Return the places in one department, people loaded: leaders first, then by `sort` and id.

    Two queries with the reading. Raises DepartmentNotFound or NotPermitted.
    """
    department = get_department(powers, PEOPLE_VIEW, department_id)
    places = Placement.objects.for_tenant(department.tenant_id).filter(department=department)
    return places.select_related("user").order_by("-is_leader", "sort", "id")
