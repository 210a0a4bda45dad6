"""The buttons of the sign-in page."""

from django.test import Client

from apps.accounts.ways import ways_of
from apps.identity.models import Connection
from apps.identity.pages.ways import ways_into
from apps.tenants.models import Tenant


def test_a_tenants_connections_are_buttons_and_no_others(
    oidc: Connection, tenant: Tenant, other_tenant: Tenant
) -> None:
    assert [(way.label, way.url) for way in ways_into(tenant)] == [(oidc.name, f"/accounts/via/{oidc.pk}/")]
    assert ways_into(other_tenant) == []
    assert ways_into(None) == []
    assert [way.label for way in ways_of(tenant)] == [oidc.name]


def test_the_sign_in_page_shows_them(client: Client, oidc: Connection, tenant: Tenant) -> None:
    page = client.get("/accounts/login/", {"tenant": tenant.slug}).content.decode()

    assert f"/accounts/via/{oidc.pk}/" in page
    assert oidc.name in page
