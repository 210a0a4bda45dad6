"""Pages of the directory and of powers: organisations, departments and their tree, people, places, grants, roles."""

from apps.orgs.admin.agreements import AgreementAdmin as AgreementAdmin
from apps.orgs.admin.departments import DepartmentAdmin as DepartmentAdmin
from apps.orgs.admin.grants import GrantAdmin as GrantAdmin
from apps.orgs.admin.organisations import OrganisationAdmin as OrganisationAdmin
from apps.orgs.admin.people import PersonAdmin as PersonAdmin
from apps.orgs.admin.placements import PlacementAdmin as PlacementAdmin
from apps.orgs.admin.roles import RoleAdmin as RoleAdmin
