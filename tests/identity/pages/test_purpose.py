"""Which connection an address stands for, and for whom."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.identity.models import Connection
from apps.tenants.models import Host, Tenant
from apps.tenants.resolution import forget_names
from tests.identity.conftest import Connect, came_back, left, signed_in_as
from tests.identity.parties import Party


def test_a_connection_is_not_there_at_the_host_name_of_another_tenant(
    client: Client, oidc: Connection, other_tenant: Tenant
) -> None:
    Host.unscoped.create(tenant=other_tenant, name="im.rival.test")
    forget_names()

    answer = client.get(reverse("identity-start", args=[oidc.pk]), headers={"host": "im.rival.test"})

    forget_names()
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

    assert response.headers["Location"] == "/accounts/login/"
    assert signed_in_as(client) is None


def test_a_connection_that_is_not_set_up_says_so(client: Client, connect: Connect, tenant: Tenant) -> None:
    connection = connect(tenant, config={})

    answer = client.get(reverse("identity-start", args=[connection.pk]), follow=True)

    assert "not right" in answer.content.decode()


def test_an_address_elsewhere_is_not_where_a_sign_in_leads(
    client: Client, oidc: Connection, alice: User, party: Party, link: object
) -> None:
    link(oidc, alice, "sub-1")  # type: ignore[operator]
    code, state = party.issue_code(left(client, oidc, next="https://evil.example/"))

    response = came_back(client, oidc, code=code, state=state)

    assert response.headers["Location"] == "/chat/"
