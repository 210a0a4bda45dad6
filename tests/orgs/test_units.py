"""What may be allowed about the directory is registered, and stands behind the pages of the admin."""

from django.apps import apps

from apps.access.roles import BUILTIN_ROLES
from apps.access.units import admin_permissions, all_units
from apps.orgs.units import ADMIN_UNITS, ORGANISATION_CHANGE, PEOPLE_CHANGE, UNITS


def test_every_unit_is_registered() -> None:
    assert set(UNITS) <= set(all_units())
    assert ADMIN_UNITS.items() <= admin_permissions().items()


def test_every_permission_is_about_a_model_there_is() -> None:
    assert all(apps.get_model(label, model) for label, model, _action in ADMIN_UNITS)


def test_an_admin_of_a_department_sees_to_people_but_not_to_organisations() -> None:
    units = BUILTIN_ROLES["department_admin"].units

    assert PEOPLE_CHANGE in units
    assert ORGANISATION_CHANGE not in units
