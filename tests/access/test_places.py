"""Who keeps which places is settled when Django starts."""

from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.access.places import Places
from apps.access.scopes import SYSTEM, Level, Scope, tenant_scope


def keep(scope: Scope) -> None:
    kept.append(scope)


kept: list[Scope] = []


class TestHolding:
    def test_asks_the_keeper_of_the_level(self) -> None:
        places, scope = Places(), tenant_scope(uuid4())
        kept.clear()
        places.register_keeper(Level.TENANT, keep)
        places.register_keeper(Level.TENANT, keep)

        places.hold(scope)

        assert kept == [scope]

    def test_the_system_needs_none(self) -> None:
        Places().hold(SYSTEM)

    def test_without_a_keeper_is_a_defect(self) -> None:
        with pytest.raises(ImproperlyConfigured):
            Places().hold(tenant_scope(uuid4()))

    def test_by_two_keepers_is_a_defect(self) -> None:
        places = Places()
        places.register_keeper(Level.TENANT, keep)

        with pytest.raises(ImproperlyConfigured):
            places.register_keeper(Level.TENANT, lambda scope: None)


class TestTheSystemsTenant:
    def test_is_what_its_app_says(self) -> None:
        places, system = Places(), uuid4()
        places.register_system_tenant(lambda tenant_id: tenant_id == system)

        assert places.is_system_tenant(system)
        assert not places.is_system_tenant(uuid4())

    def test_unknown_is_a_defect(self) -> None:
        with pytest.raises(ImproperlyConfigured):
            Places().is_system_tenant(uuid4())
