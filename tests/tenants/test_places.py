"""Powers learn from here which tenants there are."""

from uuid import uuid4

import pytest

from apps.access import places
from apps.access.errors import ScopeNotFound
from apps.access.scopes import tenant_scope
from apps.tenants.models import Tenant
from apps.tenants.places import hold_tenant, is_system_tenant
from apps.tenants.services import ensure_system_tenant


def test_a_tenant_that_is_there_can_be_held(tenant: Tenant) -> None:
    hold_tenant(tenant_scope(tenant.id))
    places.hold(tenant_scope(tenant.id))

    with pytest.raises(ScopeNotFound):
        hold_tenant(tenant_scope(uuid4()))


def test_one_tenant_is_that_of_those_who_run_the_installation(tenant: Tenant) -> None:
    system = ensure_system_tenant()

    assert is_system_tenant(system.id)
    assert places.is_system_tenant(system.id)
    assert not is_system_tenant(tenant.id)
