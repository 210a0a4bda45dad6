"""Tenants are made, renamed, suspended and activated through the services."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.tenants.models import Tenant
from apps.tenants.services import suspend_tenant
from tests.admin.conftest import admin_pages, root

__all__ = ["admin_pages", "root"]

LIST = "admin:tenants_tenant_changelist"
ADD = "admin:tenants_tenant_add"


def page_of(tenant: Tenant) -> str:
    return reverse("admin:tenants_tenant_change", args=[tenant.pk])


def run(client: Client, action: str, *tenants: Tenant) -> None:
    data = {"action": action, "_selected_action": [str(tenant.pk) for tenant in tenants]}
    assert client.post(reverse(LIST), data).status_code == 302


def status(tenant: Tenant) -> str:
    tenant.refresh_from_db()
    return tenant.status


def test_a_tenant_is_made(admin_pages: Client) -> None:
    assert admin_pages.get(reverse(ADD)).status_code == 200

    answer = admin_pages.post(reverse(ADD), {"slug": "north", "name": "北方公司"})

    assert answer.status_code == 302
    assert Tenant.objects.get(slug="north").is_active


@pytest.mark.parametrize("slug", ["", "a b", "acme", "-x", "system"])
def test_a_bad_or_taken_short_name_is_refused(admin_pages: Client, tenant: Tenant, slug: str) -> None:
    before = Tenant.objects.count()

    admin_pages.post(reverse(ADD), {"slug": slug, "name": "X"}, follow=True)

    assert Tenant.objects.count() == before


def test_a_rename_keeps_the_short_name(admin_pages: Client, tenant: Tenant) -> None:
    assert admin_pages.get(page_of(tenant)).status_code == 200

    admin_pages.post(page_of(tenant), {"name": "Acme Ltd", "status": "active", "slug": "other"})

    tenant.refresh_from_db()
    assert (tenant.name, tenant.slug) == ("Acme Ltd", "acme")


def test_the_page_suspends_too(admin_pages: Client, tenant: Tenant) -> None:
    admin_pages.post(page_of(tenant), {"name": tenant.name, "status": "suspended"})

    assert status(tenant) == "suspended"


def test_actions_suspend_and_activate(admin_pages: Client, tenant: Tenant, other_tenant: Tenant) -> None:
    suspend_tenant(other_tenant)

    run(admin_pages, "suspend", tenant, other_tenant)
    suspended = status(tenant)
    run(admin_pages, "activate", tenant, other_tenant)

    assert (suspended, status(tenant), status(other_tenant)) == ("suspended", "active", "active")


def test_the_systems_own_tenant_cannot_be_suspended(admin_pages: Client, root: User) -> None:
    run(admin_pages, "suspend", root.tenant)
    admin_pages.post(page_of(root.tenant), {"name": "System", "status": "suspended"})

    assert status(root.tenant) == "active"


def test_nobody_deletes_tenants(admin_pages: Client, tenant: Tenant) -> None:
    assert admin_pages.get(reverse("admin:tenants_tenant_delete", args=[tenant.pk])).status_code == 403


def test_the_list_leads_to_the_tenants_users(admin_pages: Client, alice: User, eve: User) -> None:
    link = reverse("admin:accounts_user_changelist", query={"tenant__id__exact": alice.tenant.pk})

    assert link in admin_pages.get(reverse(LIST)).content.decode()
    assert [user.login for user in admin_pages.get(link).context["cl"].result_list] == ["alice@acme"]
