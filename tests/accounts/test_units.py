"""Each unit of accounts is registered, and stands behind the pages of its rows."""

from apps.access.scopes import Level
from apps.access.units import admin_permissions, find_unit
from apps.accounts.units import ADMIN_UNITS, UNITS


def test_they_are_registered() -> None:
    assert [find_unit(unit.code) for unit in UNITS] == list(UNITS)
    assert ADMIN_UNITS.items() <= admin_permissions().items()


def test_programs_are_a_tenants_and_terminals_a_departments() -> None:
    lowest = {unit.code: unit.lowest for unit in UNITS}

    assert lowest["accounts.applications.change"] is Level.TENANT
    assert lowest["accounts.terminals.revoke"] is Level.DEPARTMENT
