"""Rows of the directory."""

from apps.orgs.models.departments import Department as Department
from apps.orgs.models.departments import Organisation as Organisation
from apps.orgs.models.departments import Reach as Reach
from apps.orgs.models.imports import Import as Import
from apps.orgs.models.imports import ImportPart as ImportPart
from apps.orgs.models.people import PersonSettings as PersonSettings
from apps.orgs.models.people import Placement as Placement
from apps.orgs.models.relations import Agreement as Agreement
from apps.orgs.models.relations import Block as Block
from apps.orgs.models.relations import Contact as Contact
