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
from apps.orgs.services.people import NewPerson as NewPerson
from apps.orgs.services.people import PersonChange as PersonChange
from apps.orgs.services.people import activate_person as activate_person
from apps.orgs.services.people import change_person as change_person
from apps.orgs.services.people import create_person as create_person
from apps.orgs.services.people import deactivate_person as deactivate_person
from apps.orgs.services.people import set_person_password as set_person_password
from apps.orgs.services.placements import PlacementChange as PlacementChange
from apps.orgs.services.placements import change_placement as change_placement
from apps.orgs.services.placements import place_person as place_person
from apps.orgs.services.placements import remove_placement as remove_placement
