"""Keeping to a tenant's limits: exactly at the bound."""

import pytest
from django.db import transaction

from apps.common.ids import new_id
from apps.tenants.errors import TenantNotFound, UsersLimit
from apps.tenants.models import Tenant
from apps.tenants.services import require_room_for_users
from tests.locks import locked_by

pytestmark = pytest.mark.django_db


def limited(tenant: Tenant, users_max: int | None) -> Tenant:
    tenant.users_max = users_max
    tenant.save()
    return tenant


@pytest.mark.parametrize(("active", "adding"), [(2, 1), (0, 3), (3, 0)])
def test_who_fits_is_let_in(tenant: Tenant, active: int, adding: int) -> None:
    require_room_for_users(limited(tenant, 3).id, adding=adding, count=lambda: active)


@pytest.mark.parametrize(("active", "adding"), [(3, 1), (0, 4), (7, 1)])
def test_one_too_many_is_refused(tenant: Tenant, active: int, adding: int) -> None:
    with pytest.raises(UsersLimit, match="3"):
        require_room_for_users(limited(tenant, 3).id, adding=adding, count=lambda: active)


def test_they_are_counted_while_the_tenant_is_held(tenant: Tenant) -> None:
    order: list[str] = []

    def count() -> int:
        order.append("counted")
        return 0

    limited(tenant, 3)
    with transaction.atomic():
        locked = locked_by(lambda: require_room_for_users(tenant.id, adding=1, count=count))

    assert (locked, order) == (["tenants_tenant"], ["counted"])


def test_without_a_limit_nobody_counts(tenant: Tenant) -> None:
    def count() -> int:
        raise AssertionError("counted")

    require_room_for_users(tenant.id, adding=1_000_000, count=count)


def test_a_tenant_that_is_not_there_is_not_found() -> None:
    with pytest.raises(TenantNotFound):
        require_room_for_users(new_id(), adding=1, count=lambda: 0)
