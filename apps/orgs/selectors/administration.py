"""Rows of the directory as administrators read them over REST: what is outside their scopes is not there."""

from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from apps.access.locators import locator_of
from apps.access.policies import Powers
from apps.accounts.models import User
from apps.orgs.models import Agreement, Department, Organisation, PersonSettings, Placement
from apps.orgs.selectors.lookup import get_department, get_organisation
from apps.orgs.selectors.tree import with_counts
from apps.orgs.units import DEPARTMENT_VIEW, ORGANISATION_VIEW, PEOPLE_VIEW


def organisations_within(powers: Powers) -> QuerySet[Organisation]:
    """Return the organisations that these powers let one see, with `root_id`. Unordered. One query."""
    rows = Organisation.unscoped.filter(locator_of(Organisation).within(powers.scopes(ORGANISATION_VIEW)))
    return _with_root(rows)


def read_organisation(powers: Powers, organisation_id: UUID) -> Organisation:
    """Return one of them. Two queries. Raises OrganisationNotFound or NotPermitted."""
    found = get_organisation(powers, ORGANISATION_VIEW, organisation_id)
    return _with_root(Organisation.objects.for_tenant(found.tenant_id)).get(pk=found.pk)


def read_department(powers: Powers, department_id: UUID) -> Department:
    """Return a department with its counts. Two queries. Raises DepartmentNotFound or NotPermitted."""
    found = get_department(powers, DEPARTMENT_VIEW, department_id)
    rows = Department.objects.for_tenant(found.tenant_id).filter(pk=found.pk)
    return with_counts(rows, tenant_id=found.tenant_id).get()


def places_within(powers: Powers, user: User) -> list[Placement]:
    """Return those of a person's places that these powers let one see, oldest first. One query."""
    within = locator_of(Placement).within(powers.scopes(PEOPLE_VIEW))
    rows = Placement.objects.for_tenant(user.tenant_id).filter(within, user_id=user.id)
    return list(rows.order_by("id"))


def settings_of(user: User) -> PersonSettings:
    """Return what the directory knows of a person beside her places; nothing special where nothing is stored."""
    found = PersonSettings.objects.for_tenant(user.tenant_id).filter(pk=user.pk).first()
    return found or PersonSettings(tenant_id=user.tenant_id, user=user)


def agreements_of(powers: Powers, organisation_id: UUID) -> list[Agreement]:
    """Return what an organisation gave and got, oldest first. Two queries.

    Raises OrganisationNotFound or NotPermitted.
    """
    found = get_organisation(powers, ORGANISATION_VIEW, organisation_id)
    either = Q(from_organisation=found) | Q(to_organisation=found)
    return list(Agreement.objects.for_tenant(found.tenant_id).filter(either).order_by("id"))


def _with_root(rows: QuerySet[Organisation]) -> QuerySet[Organisation]:
    roots = Department.unscoped.filter(organisation_id=OuterRef("pk"), parent__isnull=True).order_by()
    return rows.annotate(root_id=Subquery(roots.values("pk")[:1]))
