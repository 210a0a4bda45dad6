"""What a service refuses is a message, and what was begun is undone."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.errors import UsernameTaken
from apps.tenants.models import Tenant
from tests.admin.conftest import admin_pages, root

__all__ = ["admin_pages", "root"]


def test_a_refusal_of_a_service_is_said_on_the_page(
    admin_pages: Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_tenant: Tenant) -> None:
        raise UsernameTaken(login="too late")

    monkeypatch.setattr("apps.tenants.admin.suspend_tenant", refuse)
    page = reverse("admin:tenants_tenant_change", args=[tenant.pk])

    answer = admin_pages.post(page, {"name": "Renamed", "status": "suspended"}, follow=True)

    tenant.refresh_from_db()
    assert "too late" in answer.content.decode()
    assert tenant.name == "Acme"
