"""What can be done with the directory."""

from apps.orgs.services.departments import change_department as change_department
from apps.orgs.services.departments import create_department as create_department
from apps.orgs.services.departments import delete_department as delete_department
from apps.orgs.services.moving import move_department as move_department
from apps.orgs.services.organisations import OrganisationChange as OrganisationChange
from apps.orgs.services.organisations import change_organisation as change_organisation
from apps.orgs.services.organisations import close_organisation as close_organisation
from apps.orgs.services.organisations import create_organisation as create_organisation
from apps.orgs.services.organisations import reopen_organisation as reopen_organisation
