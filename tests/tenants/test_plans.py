"""What a tenant may use: its plan's limits, unless it has its own."""

import pytest

from apps.tenants.models import Tenant
from apps.tenants.plans import LIMITS, MAX_LIMIT, PLANS, Limits, limits_of


def test_a_new_tenant_is_unlimited() -> None:
    assert Tenant(slug="acme").limits == Limits()


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_says_what_holds(plan: str) -> None:
    assert limits_of(Tenant(plan=plan)) == PLANS[plan]


def test_a_limit_of_its_own_replaces_the_plans_and_leaves_the_others() -> None:
    tenant = Tenant(plan="small", users_max=7)

    assert tenant.limits.users_max == 7
    assert tenant.limits.retention_days == PLANS["small"].retention_days


def test_every_plan_can_be_chosen_and_every_limit_stored() -> None:
    assert set(Tenant.Plan.values) == set(PLANS)
    assert {field.name for field in Tenant._meta.fields} >= set(LIMITS)


@pytest.mark.parametrize("plan", PLANS)
def test_no_plan_goes_beyond_what_a_limit_may_be(plan: str) -> None:
    values = [getattr(PLANS[plan], name) for name in LIMITS]

    assert all(value is None or 1 <= value <= MAX_LIMIT for value in values)
