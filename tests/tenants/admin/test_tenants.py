"""Tenants are made, changed, suspended and deleted through the services, by those who run the installation."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.roles import TENANT_ADMIN
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.tenants.models import Tenant
from apps.tenants.selectors import hosts_of
from apps.tenants.services import suspend_tenant
from tests.admin.conftest import admin_pages, give_role, helper, helper_pages, root

__all__ = ["admin_pages", "helper", "helper_pages", "root"]

LIST = "admin:tenants_tenant_changelist"
ADD = "admin:tenants_tenant_add"


def page_of(tenant: Tenant) -> str:
    return reverse("admin:tenants_tenant_change", args=[tenant.pk])


def said(tenant: Tenant, **fields: str) -> dict[str, str]:
    return {"name": tenant.name, "plan": tenant.plan, "hosts": "", "version": str(tenant.version), **fields}


def run(client: Client, action: str, *tenants: Tenant) -> str:
    data = {"action": action, "_selected_action": [str(tenant.pk) for tenant in tenants]}
    return client.post(reverse(LIST), data, follow=True).content.decode()


def status(tenant: Tenant) -> str:
    tenant.refresh_from_db()
    return tenant.status


def test_a_tenant_is_made(admin_pages: Client) -> None:
    assert admin_pages.get(reverse(ADD)).status_code == 200

    answer = admin_pages.post(reverse(ADD), {"slug": "north", "name": "北方公司", "plan": "small"})

    north = Tenant.objects.get(slug="north")
    assert answer.status_code == 302
    assert (north.is_active, north.plan) == (True, "small")


@pytest.mark.parametrize("slug", ["", "a b", "acme", "-x", "system"])
def test_a_bad_or_taken_short_name_is_refused(admin_pages: Client, tenant: Tenant, slug: str) -> None:
    before = Tenant.objects.count()

    answer = admin_pages.post(reverse(ADD), {"slug": slug, "name": "X", "plan": "small"})

    assert answer.status_code == 200
    assert Tenant.objects.count() == before


def test_a_change_is_made_recorded_and_not_made_twice(admin_pages: Client, tenant: Tenant) -> None:
    form = said(tenant, name="Acme Ltd", users_max="9", hosts="im.acme.test\nchat.acme.test", slug="other")

    first = admin_pages.post(page_of(tenant), form)
    stale = admin_pages.post(page_of(tenant), {**form, "name": "Acme Inc"})
    page = admin_pages.get(page_of(tenant)).content.decode()

    tenant.refresh_from_db()
    assert (first.status_code, stale.status_code) == (302, 200)
    assert (tenant.name, tenant.slug, tenant.users_max) == ("Acme Ltd", "acme", 9)
    assert set(hosts_of(tenant.pk)) == {"im.acme.test", "chat.acme.test"}
    assert "im.acme.test" in page
    assert Entry.unscoped.filter(target_id=str(tenant.pk)).exists()


def test_actions_suspend_and_activate(admin_pages: Client, tenant: Tenant, other_tenant: Tenant) -> None:
    suspend_tenant(other_tenant)

    run(admin_pages, "suspend", tenant, other_tenant)
    suspended = status(tenant)
    run(admin_pages, "activate", tenant, other_tenant)

    assert (suspended, status(tenant), status(other_tenant)) == ("suspended", "active", "active")


def test_deleting_is_staged_and_taken_back(admin_pages: Client, tenant: Tenant) -> None:
    run(admin_pages, "delete_later", tenant)
    deleting = status(tenant)
    run(admin_pages, "keep", tenant)

    assert (deleting, status(tenant), tenant.deletes_at) == ("deleting", "active", None)


def test_the_systems_own_tenant_stays(admin_pages: Client, root: User) -> None:
    for action in ("suspend", "delete_later"):
        run(admin_pages, action, root.tenant)

    assert status(root.tenant) == "active"


def test_nobody_deletes_tenants_at_once(admin_pages: Client, tenant: Tenant) -> None:
    assert admin_pages.get(reverse("admin:tenants_tenant_delete", args=[tenant.pk])).status_code == 403


class TestATenantsAdmin:
    def test_sees_her_own_and_renames_it(
        self, helper: User, helper_pages: Client, tenant: Tenant, other_tenant: Tenant
    ) -> None:
        give_role(helper, TENANT_ADMIN)

        listed = list(helper_pages.get(reverse(LIST)).context["cl"].result_list)
        answer = helper_pages.post(page_of(tenant), said(tenant, name="Acme Ltd", plan="small", users_max="5"))

        tenant.refresh_from_db()
        assert listed == [tenant]
        assert helper_pages.get(page_of(other_tenant)).status_code == 404
        assert answer.status_code == 302
        assert (tenant.name, tenant.plan, tenant.users_max) == ("Acme Ltd", "unlimited", None)

    def test_neither_makes_nor_suspends_one(self, helper: User, helper_pages: Client, tenant: Tenant) -> None:
        give_role(helper, TENANT_ADMIN)

        run(helper_pages, "suspend", tenant)

        assert helper_pages.get(reverse(ADD)).status_code == 403
        assert status(tenant) == "active"
