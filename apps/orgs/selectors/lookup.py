"""Finding the one row that an administrator names by its id, whichever tenant it is of.

Powers are asked at the row's own scope: it decides, so nobody has to name a tenant beside the id. A row that the
powers don't reach at all looks like one that is not there; seen but not allowed is refused by name.
"""

from uuid import UUID

from apps.access.policies import Powers
from apps.access.scopes import Scope, organisation_scope, tenant_scope
from apps.access.units import Unit
from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.orgs.errors import AgreementNotFound, DepartmentNotFound, OrganisationNotFound, PlacementNotFound
from apps.orgs.models import Agreement, Department, Organisation, Placement
from apps.orgs.units import DEPARTMENT_VIEW, ORGANISATION_VIEW, PEOPLE_VIEW


def person_scopes(user: User) -> tuple[Scope, ...]:
    """Return the scopes at which a person is: her departments', or her tenant's where she has no place. One query."""
    places = Placement.objects.for_tenant(user.tenant_id).filter(user_id=user.id)
    paths = places.order_by("department__path").values_list("department__path", flat=True)
    return tuple(Scope(path) for path in paths) or (tenant_scope(user.tenant_id),)


def get_organisation(powers: Powers, unit: Unit, organisation_id: UUID) -> Organisation:
    """Return an organisation where the powers hold the unit. One query. Raises OrganisationNotFound or NotPermitted."""
    found = Organisation.unscoped.filter(pk=organisation_id).first()
    scope = None if found is None else organisation_scope(found.tenant_id, found.id)
    if found is None or scope is None or not _reaches(powers, unit, ORGANISATION_VIEW, scope):
        raise OrganisationNotFound(organisation=str(organisation_id))
    powers.require(unit, scope)
    return found


def get_department(powers: Powers, unit: Unit, department_id: UUID) -> Department:
    """Return a department, organisation loaded, where the powers hold the unit. One query.

    Raises DepartmentNotFound or NotPermitted.
    """
    found = Department.unscoped.select_related("organisation").filter(pk=department_id).first()
    if found is None or not _reaches(powers, unit, DEPARTMENT_VIEW, found.scope):
        raise DepartmentNotFound(department=str(department_id))
    powers.require(unit, found.scope)
    return found


def get_placement(powers: Powers, unit: Unit, placement_id: UUID) -> Placement:
    """Return a placement, department and person loaded, where the powers hold the unit. One query.

    Raises PlacementNotFound or NotPermitted.
    """
    found = Placement.unscoped.select_related("department", "user").filter(pk=placement_id).first()
    if found is None or not _reaches(powers, unit, PEOPLE_VIEW, found.department.scope):
        raise PlacementNotFound(placement=str(placement_id))
    powers.require(unit, found.department.scope)
    return found


def get_agreement(powers: Powers, unit: Unit, agreement_id: UUID) -> Agreement:
    """Return an agreement, organisations loaded, where the powers hold the unit at the organisation that allows it.

    One query. Raises AgreementNotFound or NotPermitted.
    """
    rows = Agreement.unscoped.select_related("from_organisation", "to_organisation")
    found = rows.filter(pk=agreement_id).first()
    scope = None if found is None else organisation_scope(found.tenant_id, found.from_organisation_id)
    if found is None or scope is None or not _reaches(powers, unit, ORGANISATION_VIEW, scope):
        raise AgreementNotFound(agreement=str(agreement_id))
    powers.require(unit, scope)
    return found


def get_person(powers: Powers, unit: Unit, user_id: UUID, *, everywhere: bool = False) -> User:
    """Return a person, inactive ones too, tenant loaded, where the powers hold the unit: at one of her places, or at
    all of them if `everywhere`. Two queries. Raises UserNotFound or NotPermitted.
    """
    found = User.unscoped.select_related("tenant").filter(pk=user_id).first()
    scopes = () if found is None else person_scopes(found)
    if found is None or not any(_reaches(powers, unit, PEOPLE_VIEW, scope) for scope in scopes):
        raise UserNotFound(user=str(user_id))
    if everywhere or not any(powers.may(unit, scope) for scope in scopes):
        for scope in scopes:
            powers.require(unit, scope)
    return found


def _reaches(powers: Powers, unit: Unit, view: Unit, scope: Scope) -> bool:
    return powers.may(unit, scope) or powers.may(view, scope)
