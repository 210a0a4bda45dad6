"""Which connection an address stands for, and for whom."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.identity.models import Connection
from apps.tenants.models import Host, Tenant
from tests.accounts.elsewhere import ELSEWHERE
from tests.identity.conftest import Connect, came_back, left, signed_in_as
from tests.identity.parties import CLIENT_ID, SECRET, Party


def test_a_connection_is_not_there_at_the_host_name_of_another_tenant(
    client: Client, oidc: Connection, other_tenant: Tenant
) -> None:
    Host.unscoped.create(tenant=other_tenant, name="im.rival.test")

    answer = client.get(reverse("identity-start", args=[oidc.pk]), headers={"host": "im.rival.test"})

    assert answer.status_code == 404


def test_a_connection_of_another_tenant_is_not_there_for_somebody_signed_in(
    client: Client, oidc: Connection, eve: User, signed_in: object
) -> None:
    signed_in(eve)  # type: ignore[operator]

    assert client.get(reverse("identity-start", args=[oidc.pk])).status_code == 404
    assert client.post(reverse("account-link-add", args=[oidc.pk])).status_code == 404
    assert client.get(reverse("identity-callback", args=[oidc.pk]), {"code": "1", "state": "2"}).status_code == 404


@pytest.mark.parametrize("fields", [{"is_active": False}, {"kind": "ldap"}])
def test_a_connection_that_is_off_or_a_directory_is_not_there(
    client: Client, connect: Connect, tenant: Tenant, fields: dict[str, object]
) -> None:
    connection = connect(tenant, **{"kind": "oidc", **fields})

    assert client.get(reverse("identity-start", args=[connection.pk])).status_code == 404


def test_somebody_who_may_not_sign_in_is_turned_away(
    client: Client, oidc: Connection, alice: User, party: Party, link: object
) -> None:
    link(oidc, alice, "sub-1")  # type: ignore[operator]
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    code, state = party.issue_code(left(client, oidc))

    response = came_back(client, oidc, code=code, state=state)

    assert response.headers["Location"] == f"/accounts/login/?tenant={alice.tenant.slug}"
    assert signed_in_as(client) is None


def test_a_connection_that_is_not_set_up_says_so(client: Client, connect: Connect, tenant: Tenant) -> None:
    connection = connect(tenant, config={})

    answer = client.get(reverse("identity-start", args=[connection.pk]), follow=True)

    assert "not set up" in answer.content.decode()


@pytest.mark.parametrize("kind", ["oidc", "feishu"])
def test_a_sign_in_leads_where_somebody_wanted_to_go(
    client: Client, alice: User, party: Party, connect: Connect, link: object, kind: str
) -> None:
    connection = known_by(connect, alice, party, link, kind)
    code, state = party.issue_code(left(client, connection, next="/accounts/links/?a=b&c=//d"))

    response = came_back(client, connection, code=code, state=state, next="/elsewhere/")

    assert response.headers["Location"] == "/accounts/links/?a=b&c=//d"


@pytest.mark.parametrize("wanted", ELSEWHERE, ids=lambda url: repr(url)[:40])
def test_an_address_elsewhere_is_not_where_a_sign_in_leads(
    client: Client, alice: User, party: Party, connect: Connect, link: object, wanted: str
) -> None:
    connection = known_by(connect, alice, party, link, "oidc")
    code, state = party.issue_code(left(client, connection, next=wanted))

    response = came_back(client, connection, code=code, state=state, next=wanted)

    assert response.headers["Location"] == "/chat/"


def test_whoever_is_turned_away_finds_the_other_ways_and_still_gets_where_she_wanted(
    client: Client, oidc: Connection, tenant: Tenant, party: Party
) -> None:
    _code, state = party.issue_code(left(client, oidc, next="/accounts/links/"))

    response = came_back(client, oidc, error="access_denied", state=state)

    page = client.get(response.headers["Location"]).content.decode()
    assert f"/accounts/via/{oidc.pk}/?next=%2Faccounts%2Flinks%2F" in page


def test_at_the_host_name_of_a_tenant_whoever_is_turned_away_need_not_name_it(
    client: Client, oidc: Connection, tenant: Tenant
) -> None:
    Host.unscoped.create(tenant=tenant, name="im.acme.test")
    address = reverse("identity-callback", args=[oidc.pk])

    response = client.get(address, {"error": "x", "state": "y"}, headers={"host": "im.acme.test"})

    assert response.headers["Location"] == "/accounts/login/"


def known_by(connect: Connect, user: User, party: Party, link: object, kind: str) -> Connection:
    """A connection of this kind by which somebody has come before."""
    config = {
        "oidc": {"issuer": party.issuer, "client_id": CLIENT_ID},
        "feishu": {"client_id": CLIENT_ID, "accounts_url": party.base, "api_url": party.base},
    }[kind]
    party.userinfo = {"open_id": "sub-1"} if kind == "feishu" else {}
    connection = connect(user.tenant, kind, secret=SECRET, config=config)
    link(connection, user, "sub-1")  # type: ignore[operator]
    return connection
