"""What may be allowed about tenants."""

from apps.access.scopes import Level
from apps.access.units import all_units
from apps.tenants.units import ADMIN_UNITS, TENANT_CHANGE, TENANT_MANAGE, UNITS


def test_all_are_registered() -> None:
    assert set(UNITS) <= set(all_units())
    assert set(ADMIN_UNITS.values()) <= set(UNITS)


def test_a_tenants_own_admins_change_what_is_theirs_and_no_limits() -> None:
    assert TENANT_CHANGE.lowest is Level.TENANT
    assert TENANT_MANAGE.lowest is Level.SYSTEM
