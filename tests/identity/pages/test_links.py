"""The page of one's linked accounts."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.identity.models import Connection, Link
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect

SignIn = Callable[..., Client]


def test_it_shows_what_is_linked_and_what_could_be(
    connect: Connect, oidc: Connection, tenant: Tenant, alice: User, signed_in: SignIn, link: Callable[..., Link]
) -> None:
    link(oidc, alice, "sub-1", label="alice@there")
    other = connect(tenant, "feishu", name="飞书")

    page = signed_in(alice).get("/accounts/links/").content.decode()

    assert "alice@there" in page
    assert reverse("account-link-add", args=[other.pk]) in page
    assert reverse("account-link-add", args=[oidc.pk]) not in page


def test_a_link_is_taken_away_soon_after_signing_in_only(
    oidc: Connection, alice: User, signed_in: SignIn, link: Callable[..., Link], tenant: Tenant
) -> None:
    made = link(oidc, alice, "sub-1")
    address = reverse("account-link-remove", args=[made.pk])

    assert "/accounts/confirm/" in signed_in(alice, is_recent=False).post(address).headers["Location"]
    assert Link.objects.for_tenant(tenant.id).exists()

    assert signed_in(alice).post(address).headers["Location"] == "/accounts/links/"
    assert not Link.objects.for_tenant(tenant.id).exists()


def test_somebody_elses_link_stays(
    oidc: Connection, alice: User, bob: User, eve: User, signed_in: SignIn, link: Callable[..., Link]
) -> None:
    made = link(oidc, bob, "sub-1")

    for stranger in (alice, eve):
        answer = signed_in(stranger).post(reverse("account-link-remove", args=[made.pk]), follow=True)
        assert "no linked account" in answer.content.decode()

    made.refresh_from_db()
