"""Linking an account: only by the person who began it, in the browser where she did, soon after she signed in."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.identity.models import Connection, Link
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect, came_back, signed_in_as
from tests.identity.parties import Party

SignIn = Callable[..., Client]


def began(client: Client, connection: Connection) -> str:
    """Begin to link; return where the page leads."""
    response = client.post(reverse("account-link-add", args=[connection.pk]))
    assert response.status_code == 200, response.headers
    found = re.search(r'href="(http://127[^"]+)"', response.content.decode())
    assert found is not None
    return found.group(1).replace("&amp;", "&")


def test_an_account_is_linked_by_its_person(
    oidc: Connection, alice: User, party: Party, signed_in: SignIn, tenant: Tenant
) -> None:
    client = signed_in(alice)
    code, state = party.issue_code(began(client, oidc))

    response = came_back(client, oidc, code=code, state=state)

    assert response.headers["Location"] == "/accounts/links/"
    made = Link.objects.for_tenant(tenant.id).get()
    assert (made.user, made.external_id) == (alice, "sub-1")


def test_whoever_signed_in_long_ago_proves_herself_first(oidc: Connection, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice, is_recent=False)

    response = client.post(reverse("account-link-add", args=[oidc.pk]))

    assert response.headers["Location"] == "/accounts/confirm/?next=%2Faccounts%2Flinks%2F"


def test_nobody_links_without_being_signed_in(client: Client, oidc: Connection) -> None:
    response = client.post(reverse("account-link-add", args=[oidc.pk]))

    assert response.headers["Location"].startswith("/accounts/login/")


def test_linking_needs_a_form_of_ours(oidc: Connection, alice: User, signed_in: SignIn) -> None:
    signed_in(alice)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in(alice).cookies

    assert strict.post(reverse("account-link-add", args=[oidc.pk])).status_code == 403
    assert strict.get(reverse("account-link-add", args=[oidc.pk])).status_code == 405


def test_a_strangers_code_is_not_linked_to_whoever_is_made_to_open_it(
    oidc: Connection, alice: User, bob: User, party: Party, signed_in: SignIn, tenant: Tenant
) -> None:
    mallory = signed_in(bob)
    code, state = party.issue_code(began(mallory, oidc))
    victim = Client()
    victim.force_login(alice)

    came_back(victim, oidc, code=code, state=state)

    assert not Link.objects.for_tenant(tenant.id).exists()


def test_whoever_signed_in_as_somebody_else_meanwhile_links_nothing(
    oidc: Connection, alice: User, bob: User, party: Party, signed_in: SignIn, tenant: Tenant
) -> None:
    client = signed_in(alice)
    code, state = party.issue_code(began(client, oidc))
    session = client.session
    session["_auth_user_id"] = str(bob.pk)
    session["_auth_user_hash"] = bob.get_session_auth_hash()
    session.save()

    came_back(client, oidc, code=code, state=state)

    assert not Link.objects.for_tenant(tenant.id).exists()


def test_coming_back_signed_out_links_nothing_and_signs_nobody_in(
    oidc: Connection, alice: User, party: Party, signed_in: SignIn, tenant: Tenant
) -> None:
    client = signed_in(alice)
    code, state = party.issue_code(began(client, oidc))
    session = client.session
    del session["_auth_user_id"]
    session.save()

    came_back(client, oidc, code=code, state=state)

    assert not Link.objects.for_tenant(tenant.id).exists()
    assert signed_in_as(client) is None


def test_the_account_of_somebody_else_stays_hers(
    oidc: Connection, alice: User, bob: User, party: Party, signed_in: SignIn, link: Callable[..., Link]
) -> None:
    made = link(oidc, bob, "sub-1")
    client = signed_in(alice)
    code, state = party.issue_code(began(client, oidc))

    came_back(client, oidc, code=code, state=state)

    made.refresh_from_db()
    assert made.user == bob


@pytest.mark.parametrize("name", ["identity-callback", "identity-start"])
def test_only_the_right_methods_are_answered(client: Client, oidc: Connection, name: str) -> None:
    assert client.post(reverse(name, args=[oidc.pk])).status_code == 405


def test_a_saml_connection_has_no_code_to_come_back_with(client: Client, connect: Connect, tenant: Tenant) -> None:
    connection = connect(tenant, "saml")

    assert client.get(reverse("identity-callback", args=[connection.pk])).status_code == 404
