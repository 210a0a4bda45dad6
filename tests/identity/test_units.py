"""What may be allowed about connections reaches as deep as a tenant; about links, as deep as their people."""

from apps.access.scopes import Level
from apps.identity.units import ADMIN_UNITS, CONNECTIONS_CHANGE, CONNECTIONS_VIEW, LINKS_REMOVE, LINKS_VIEW, UNITS


def test_connections_are_the_tenants_and_links_are_the_peoples() -> None:
    assert {unit.lowest for unit in (CONNECTIONS_VIEW, CONNECTIONS_CHANGE)} == {Level.TENANT}
    assert {unit.lowest for unit in (LINKS_VIEW, LINKS_REMOVE)} == {Level.DEPARTMENT}


def test_the_admin_asks_for_units_of_this_app_only() -> None:
    assert set(ADMIN_UNITS.values()) == set(UNITS)
    assert {app for app, _model, _action in ADMIN_UNITS} == {"identity"}
