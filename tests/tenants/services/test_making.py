"""Making tenants and changing what belongs to them."""

from typing import Any

import pytest

from apps.common.errors import InvalidInput, Stale
from apps.common.ids import new_id
from apps.tenants import services
from apps.tenants.errors import HostTaken, SlugTaken, TenantNotFound
from apps.tenants.models import Tenant
from apps.tenants.plans import MAX_LIMIT, PLANS
from apps.tenants.selectors import hosts_of
from apps.tenants.services import making
from apps.tenants.services.making import TenantChange
from tests.locks import locked_by

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("slug", "stored"), [("acme", "acme"), (" ACME.com ", "acme.com"), ("4-u_x", "4-u_x")])
def test_a_tenant_is_made_with_one_spelling_of_its_short_name(slug: str, stored: str) -> None:
    tenant = services.create_tenant(slug=slug, name=" Acme 公司 ")

    tenant.refresh_from_db()
    assert (tenant.slug, tenant.name, tenant.is_active) == (stored, "Acme 公司", True)


@pytest.mark.parametrize("slug", ["", "-acme", "ac me", "a@b", "公司", "x" * 64, "a\nb", "acme\0"])
def test_a_bad_short_name_is_refused(slug: str) -> None:
    with pytest.raises(InvalidInput):
        services.create_tenant(slug=slug, name="Acme")

    assert not Tenant.objects.exists()


def test_a_nameless_tenant_is_refused() -> None:
    with pytest.raises(InvalidInput):
        services.create_tenant(slug="acme", name=" ")


def test_a_short_name_belongs_to_one_tenant_whatever_its_case() -> None:
    services.create_tenant(slug="acme", name="First")

    with pytest.raises(SlugTaken, match="acme"):
        services.create_tenant(slug="ACME", name="Second")

    assert Tenant.objects.get().name == "First"


def test_the_tenant_of_system_administrators_is_made_once() -> None:
    assert services.ensure_system_tenant() == services.ensure_system_tenant()
    assert Tenant.objects.get().slug == services.SYSTEM_SLUG


@pytest.mark.parametrize("plan", ["small", "standard", "unlimited"])
def test_a_tenant_begins_with_a_plan(plan: str) -> None:
    assert services.create_tenant(slug="acme", name="Acme", plan=plan).plan == plan


def test_an_unknown_plan_is_refused() -> None:
    with pytest.raises(InvalidInput, match="small"):
        services.create_tenant(slug="acme", name="Acme", plan="golden")


def change(tenant: Tenant, *, version: int | None = None, **changes: Any) -> Tenant:
    return services.change_tenant(tenant_id=tenant.id, change=TenantChange(**changes), version=version)


class TestChanging:
    def test_what_is_named_changes_and_the_rest_stays(self, tenant: Tenant) -> None:
        change(tenant, plan="small", limits={"users_max": 7}, settings={"notice": "Ask IT."})
        stored = change(tenant, name=" Acme 公司 ", limits={"retention_days": 30}, settings={"locale": "zh-hans"})

        assert (stored.name, stored.plan, stored.users_max, stored.retention_days) == ("Acme 公司", "small", 7, 30)
        assert stored.settings == {"notice": "Ask IT.", "locale": "zh-hans"}
        assert stored.version == 3

    def test_a_limit_goes_back_to_the_plans(self, tenant: Tenant) -> None:
        change(tenant, plan="small", limits={"users_max": 7})

        assert change(tenant, limits={"users_max": None}).limits.users_max == PLANS["small"].users_max

    def test_the_largest_limit_and_as_many_host_names_as_there_may_be_are_taken(self, tenant: Tenant) -> None:
        hosts = [f"h{number}.acme.com" for number in range(making.MAX_HOSTS)]

        stored = change(tenant, limits={"users_max": MAX_LIMIT}, hosts=hosts)

        assert stored.users_max == MAX_LIMIT
        assert hosts_of(tenant.id) == sorted(hosts)

    def test_it_holds_the_tenant_until_the_change_is_told(self, tenant: Tenant) -> None:
        assert locked_by(lambda: change(tenant, name="Other")) == ["tenants_tenant", "audit_head"]

    def test_every_node_is_told_of_a_change_and_of_no_refusal(
        self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[int] = []
        monkeypatch.setattr(making, "tell_tenants_changed", lambda: told.append(1))

        change(tenant, limits={"messages_per_minute_max": 7})
        with pytest.raises(Stale):
            change(tenant, version=1, limits={"messages_per_minute_max": 8})

        assert told == [1]

    def test_an_edit_of_an_older_version_is_refused(self, tenant: Tenant) -> None:
        change(tenant, version=1, name="First")

        with pytest.raises(Stale):
            change(tenant, version=1, name="Second")

        assert Tenant.objects.get().name == "First"

    @pytest.mark.parametrize(
        "bad",
        [
            {"name": " "},
            {"plan": "golden"},
            {"limits": {"users_max": 0}},
            {"limits": {"users_max": 2**53 + 1}},
            {"limits": {"wishes": 3}},
            {"settings": {"colour": "red"}},
            {"settings": {"locale": "tlh"}},
            {"hosts": ["a b"]},
            {"hosts": ["im.acme.com:8000"]},
            {"hosts": ["x" * 64 + ".com"]},
            {"hosts": [f"h{n}.acme.com" for n in range(51)]},
        ],
    )
    def test_a_bad_value_is_refused_and_nothing_is_stored(self, tenant: Tenant, bad: dict[str, Any]) -> None:
        with pytest.raises(InvalidInput):
            change(tenant, **{"name": "Other", **bad})

        assert Tenant.objects.get(name="Acme").version == 1

    def test_a_tenant_that_is_not_there_is_not_found(self) -> None:
        with pytest.raises(TenantNotFound):
            services.change_tenant(tenant_id=new_id(), change=TenantChange(name="Acme"))

    def test_host_names_are_stored_in_one_spelling_and_replaced_as_a_whole(self, tenant: Tenant) -> None:
        change(tenant, hosts=[" IM.Acme.com. ", "im.acme.com", "10.0.0.7"])
        before = hosts_of(tenant.id)

        change(tenant, hosts=["chat.acme.com", "im.acme.com"])

        assert before == ["10.0.0.7", "im.acme.com"]
        assert hosts_of(tenant.id) == ["chat.acme.com", "im.acme.com"]

    def test_a_host_name_leads_to_one_tenant(self, tenant: Tenant, other_tenant: Tenant) -> None:
        change(tenant, hosts=["im.acme.com"])

        with pytest.raises(HostTaken, match=r"im\.acme\.com"):
            change(other_tenant, name="Thief", hosts=["im.acme.com", "im.rival.com"])

        assert hosts_of(other_tenant.id) == []
        assert not Tenant.objects.filter(name="Thief").exists()
