"""The buttons of the sign-in page."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from apps.accounts.ways import ways_of
from apps.identity.models import Connection
from apps.identity.pages.ways import ways_into
from apps.tenants.models import Tenant
from tests.accounts.elsewhere import ELSEWHERE


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


def test_a_button_leads_on_to_where_somebody_wanted_to_go(client: Client, oidc: Connection, tenant: Tenant) -> None:
    wanted = "/oauth/authorize/?client_id=a&scope=openid profile"

    page = client.get("/accounts/login/", {"tenant": tenant.slug, "next": wanted}).content.decode()

    assert parse_qs(urlsplit(button(page, oidc)).query) == {"next": [wanted]}


@pytest.mark.parametrize("wanted", ELSEWHERE, ids=lambda url: repr(url)[:40])
def test_a_button_does_not_lead_elsewhere(client: Client, oidc: Connection, tenant: Tenant, wanted: str) -> None:
    page = client.get("/accounts/login/", {"tenant": tenant.slug, "next": wanted}).content.decode()

    assert button(page, oidc) == f"/accounts/via/{oidc.pk}/"


def button(page: str, connection: Connection) -> str:
    """Where the button of a connection leads."""
    found = re.search(rf'href="(/accounts/via/{connection.pk}/[^"]*)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")
