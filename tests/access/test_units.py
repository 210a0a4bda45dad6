"""The registry refuses what would contradict itself, when Django starts."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.access.scopes import Level
from apps.access.units import (
    ADMIN_UNITS,
    UNITS,
    Registry,
    Unit,
    admin_permissions,
    all_units,
    find_unit,
    unit,
)
from apps.common.errors import InvalidInput

PEOPLE = Unit("orgs.people.view", "see people", "People", Level.DEPARTMENT)


class TestRegistering:
    def test_keeps_units_in_order_of_their_codes(self) -> None:
        registry = Registry()
        first = Unit("a.b.c", "", "", Level.SYSTEM)

        registry.register(PEOPLE, first)

        assert list(registry) == [first, PEOPLE]
        assert registry.get("a.b.c") is first
        assert registry.get("x.y.z") is None
        assert PEOPLE.verb == "view"

    def test_the_same_twice_is_once(self) -> None:
        registry = Registry()

        registry.register(PEOPLE, admin={("accounts", "user", "view"): PEOPLE})
        registry.register(PEOPLE, admin={("accounts", "user", "view"): PEOPLE})

        assert list(registry) == [PEOPLE]
        assert registry.permissions == {("accounts", "user", "view"): PEOPLE}

    @pytest.mark.parametrize("code", ["people", "orgs.people", "Orgs.people.view", "orgs.people.view.all", "a.b.c\n"])
    def test_a_code_is_app_thing_verb(self, code: str) -> None:
        with pytest.raises(ImproperlyConfigured):
            Registry().register(Unit(code, "", "", Level.SYSTEM))

    def test_one_code_has_one_meaning(self) -> None:
        registry = Registry()
        registry.register(PEOPLE)

        with pytest.raises(ImproperlyConfigured):
            registry.register(Unit(PEOPLE.code, "", "", Level.TENANT))

    def test_permissions_stand_for_one_known_unit(self) -> None:
        registry = Registry()
        other = Unit("a.b.c", "", "", Level.SYSTEM)
        registry.register(PEOPLE, admin={("accounts", "user", "view"): PEOPLE})

        with pytest.raises(ImproperlyConfigured, match="nobody registered"):
            registry.register(admin={("accounts", "user", "add"): other})
        with pytest.raises(ImproperlyConfigured, match="two units"):
            registry.register(other, admin={("accounts", "user", "view"): other})


class TestTheInstallation:
    def test_knows_the_units_of_this_app(self) -> None:
        assert set(UNITS) <= set(all_units())
        assert all(unit(each.code) is each and find_unit(each.code) is each for each in UNITS)
        assert ADMIN_UNITS.items() <= admin_permissions().items()

    def test_refuses_an_unknown_code_by_name(self) -> None:
        assert find_unit("no.such.unit") is None
        with pytest.raises(InvalidInput) as refusal:
            unit("no.such.unit")

        assert "no.such.unit" in str(refusal.value.fields["reason"])

    def test_every_unit_tells_people_what_it_allows(self) -> None:
        assert all(str(each.label) and str(each.group) for each in all_units())
