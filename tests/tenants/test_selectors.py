"""Finding tenants."""

import pytest

from apps.common.ids import new_id
from apps.tenants.errors import TenantNotFound
from apps.tenants.models import Host, Tenant
from apps.tenants.selectors import (
    Standing,
    get_tenant,
    get_tenant_by_slug,
    hosts_of,
    tenants_with_retention,
    unusual_standings,
)


@pytest.mark.parametrize("slug", ["acme", " ACME "])
def test_a_tenant_is_found_by_its_short_name(tenant: Tenant, slug: str) -> None:
    assert get_tenant_by_slug(slug) == tenant


@pytest.mark.parametrize("slug", ["nobody", "", "acm", "acme\0"])
@pytest.mark.django_db
def test_an_unknown_short_name_is_refused(tenant: Tenant, slug: str) -> None:
    with pytest.raises(TenantNotFound):
        get_tenant_by_slug(slug)


def test_a_tenant_is_found_by_its_id(tenant: Tenant) -> None:
    assert get_tenant(tenant.id) == tenant


@pytest.mark.django_db
def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(TenantNotFound):
        get_tenant(new_id())


def test_host_names_come_in_order_and_for_one_tenant_only(tenant: Tenant, other_tenant: Tenant) -> None:
    for owner, name in ((tenant, "b.acme.com"), (tenant, "a.acme.com"), (other_tenant, "rival.com")):
        Host.unscoped.create(tenant=owner, name=name)

    assert hosts_of(tenant.id) == ["a.acme.com", "b.acme.com"]


def test_only_tenants_that_are_not_plainly_active_stand_out(tenant: Tenant, other_tenant: Tenant) -> None:
    Tenant.objects.create(slug="plain", name="Plain")
    Tenant.objects.filter(pk=tenant.pk).update(status="suspended")
    Tenant.objects.filter(pk=other_tenant.pk).update(plan="small", messages_per_minute_max=5)

    assert sorted(unusual_standings()) == sorted([Standing(tenant.id, False, None), Standing(other_tenant.id, True, 5)])


def test_tenants_that_keep_messages_for_a_time_are_found_by_plan_or_own_limit(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    Tenant.objects.create(slug="ending", name="Ending", status="purging", deletes_at=tenant.created_at, plan="small")
    Tenant.objects.create(slug="plain", name="Plain")
    Tenant.objects.filter(pk=tenant.pk).update(retention_days=5)
    Tenant.objects.filter(pk=other_tenant.pk).update(plan="small")

    assert [(each.slug, each.limits.retention_days) for each in tenants_with_retention()] == [
        ("acme", 5),
        ("rival", 365),
    ]
