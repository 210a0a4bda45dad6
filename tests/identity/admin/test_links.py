"""An administrator sees her people's linked accounts and removes them; those of others are not there."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.identity.models import Link
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect

LIST = reverse("admin:identity_link_changelist")


def test_links_are_listed_and_removed_within_the_tenant_only(
    as_admin: Client,
    connect: Connect,
    link: Callable[..., Link],
    tenant: Tenant,
    other_tenant: Tenant,
    bob: User,
    eve: User,
) -> None:
    own = link(connect(tenant), bob, "sub-1", label="bob@there")
    other = link(connect(other_tenant), eve, "sub-2", label="eve@there")

    page = as_admin.get(LIST).content.decode()
    as_admin.post(LIST, {"action": "remove", "_selected_action": [str(own.pk), str(other.pk)]})

    assert "bob@there" in page
    assert "eve@there" not in page
    assert not Link.objects.for_tenant(tenant.id).exists()
    assert Link.objects.for_tenant(other_tenant.id).exists()
