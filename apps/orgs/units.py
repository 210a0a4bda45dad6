"""What may be allowed about the directory."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from apps.access.scopes import Level
from apps.access.units import Permission, Unit

_STRUCTURE: Final = _("Organisations and departments")
_PEOPLE: Final = _("People")

ORGANISATION_VIEW: Final = Unit("orgs.organisation.view", _("see organisations"), _STRUCTURE, Level.ORGANISATION)
ORGANISATION_CHANGE: Final = Unit(
    "orgs.organisation.change", _("make, change and close organisations"), _STRUCTURE, Level.ORGANISATION
)
DEPARTMENT_VIEW: Final = Unit("orgs.department.view", _("see departments"), _STRUCTURE, Level.DEPARTMENT)
DEPARTMENT_CHANGE: Final = Unit(
    "orgs.department.change", _("make, change and delete departments"), _STRUCTURE, Level.DEPARTMENT
)
DEPARTMENT_MOVE: Final = Unit("orgs.department.move", _("move departments"), _STRUCTURE, Level.DEPARTMENT)
AGREEMENT_CHANGE: Final = Unit(
    "orgs.agreement.change", _("let other organisations see and write to people"), _STRUCTURE, Level.ORGANISATION
)
PEOPLE_VIEW: Final = Unit("orgs.people.view", _("see people, their places and accounts"), _PEOPLE, Level.DEPARTMENT)
PEOPLE_CHANGE: Final = Unit("orgs.people.change", _("make, place and change people"), _PEOPLE, Level.DEPARTMENT)
PEOPLE_DEACTIVATE: Final = Unit(
    "orgs.people.deactivate", _("deactivate and reactivate people"), _PEOPLE, Level.DEPARTMENT
)
PEOPLE_PASSWORD: Final = Unit("orgs.people.password", _("give people another password"), _PEOPLE, Level.DEPARTMENT)
EXCHANGE_IMPORT: Final = Unit("orgs.exchange.import", _("import departments and people"), _PEOPLE, Level.DEPARTMENT)
EXCHANGE_EXPORT: Final = Unit("orgs.exchange.export", _("export departments and people"), _PEOPLE, Level.DEPARTMENT)

UNITS: Final = (
    ORGANISATION_VIEW,
    ORGANISATION_CHANGE,
    DEPARTMENT_VIEW,
    DEPARTMENT_CHANGE,
    DEPARTMENT_MOVE,
    AGREEMENT_CHANGE,
    PEOPLE_VIEW,
    PEOPLE_CHANGE,
    PEOPLE_DEACTIVATE,
    PEOPLE_PASSWORD,
    EXCHANGE_IMPORT,
    EXCHANGE_EXPORT,
)
ADMIN_UNITS: Final[Mapping[Permission, Unit]] = {
    ("orgs", "organisation", "view"): ORGANISATION_VIEW,
    ("orgs", "organisation", "add"): ORGANISATION_CHANGE,
    ("orgs", "organisation", "change"): ORGANISATION_CHANGE,
    ("orgs", "department", "view"): DEPARTMENT_VIEW,
    ("orgs", "department", "add"): DEPARTMENT_CHANGE,
    ("orgs", "department", "change"): DEPARTMENT_CHANGE,
    ("orgs", "department", "delete"): DEPARTMENT_CHANGE,
    ("orgs", "placement", "view"): PEOPLE_VIEW,
    ("orgs", "placement", "add"): PEOPLE_CHANGE,
    ("orgs", "placement", "change"): PEOPLE_CHANGE,
    ("orgs", "placement", "delete"): PEOPLE_CHANGE,
    ("orgs", "agreement", "view"): ORGANISATION_VIEW,
    ("orgs", "agreement", "add"): AGREEMENT_CHANGE,
    ("orgs", "agreement", "change"): AGREEMENT_CHANGE,
    ("orgs", "agreement", "delete"): AGREEMENT_CHANGE,
    ("accounts", "user", "view"): PEOPLE_VIEW,
    ("accounts", "user", "add"): PEOPLE_CHANGE,
    ("accounts", "user", "change"): PEOPLE_CHANGE,
}
"""Organisations are closed, people are deactivated; neither is deleted."""
