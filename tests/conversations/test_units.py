"""Conversations have one unit: to see that they are there."""

from apps.access.scopes import Level
from apps.access.units import admin_permissions, find_unit
from apps.conversations.units import ADMIN_UNITS, CONVERSATIONS_VIEW, UNITS


def test_it_is_registered_for_whole_tenants() -> None:
    assert UNITS == (CONVERSATIONS_VIEW,)
    assert find_unit(CONVERSATIONS_VIEW.code) is CONVERSATIONS_VIEW
    assert CONVERSATIONS_VIEW.lowest is Level.TENANT
    assert ADMIN_UNITS.items() <= admin_permissions().items()
