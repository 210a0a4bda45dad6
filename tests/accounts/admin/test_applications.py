"""Programs in the admin: made, changed, given another secret, taken away."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.roles import TENANT_ADMIN
from apps.accounts.models import Registration, User
from apps.accounts.services.client_secrets import is_right
from apps.tenants.models import Tenant
from tests.accounts.programs import make_program, make_service_account
from tests.admin.conftest import give_role

FORM: dict[str, Any] = {
    "kind": "site",
    "name": "Rota",
    "description": "Plans shifts",
    "homepage": "",
    "redirect_uris": "https://rota.example/cb\r\nhttps://rota.example/second",
    "post_logout_redirect_uris": "",
    "scopes": ["openid", "im"],
    "tenant": "",
    "service_account": "",
}


def url(page: str, *args: object) -> str:
    return reverse(f"admin:accounts_registration_{page}", args=args)


@pytest.fixture
def pages(helper: User, helper_pages: Client) -> Client:
    """The browser of somebody who administers her tenant."""
    give_role(helper, TENANT_ADMIN)
    return helper_pages


def test_one_is_made_and_its_secret_shown_once(pages: Client, tenant: Tenant) -> None:
    answer = pages.post(url("add"), FORM)

    made = Registration.unscoped.get()
    secret = answer.context["secret"]
    assert (made.tenant, made.application.redirect_uris.split()) == (tenant, FORM["redirect_uris"].split())
    assert is_right(secret, made.application.client_secret)
    assert secret in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert secret not in pages.get(url("change", made.pk)).content.decode()
    assert secret not in str(pages.cookies)


def test_one_without_a_secret_leads_back_to_the_list(pages: Client) -> None:
    assert pages.post(url("add"), {**FORM, "kind": "app"}).status_code == 302
    assert Registration.unscoped.get().kind == "app"


def test_what_is_refused_is_said_where_it_was_typed(pages: Client) -> None:
    answer = pages.post(url("add"), {**FORM, "redirect_uris": "http://rota.example/cb"})

    assert answer.status_code == 200
    assert "redirect_uris" in answer.context["adminform"].form.errors
    assert not Registration.unscoped.exists()


def test_it_is_changed_but_stays_what_it_is(pages: Client, tenant: Tenant) -> None:
    made = make_program(tenant).registration
    form = {**FORM, "kind": "own", "name": "Roster", "version": "1"}

    answer = pages.post(url("change", made.pk), form)

    made.refresh_from_db()
    assert answer.status_code == 302
    assert (made.kind, made.version, made.description) == ("site", 2, "Plans shifts")
    assert Registration.unscoped.get().application.name == "Roster"


def test_another_secret_is_shown_and_ends_the_former(pages: Client, tenant: Tenant) -> None:
    program = make_program(tenant)
    page = url("change", program.registration.pk)

    offered = url("secret", program.registration.pk) in pages.get(page).content.decode()
    answer = pages.post(url("secret", program.registration.pk))

    stored = Registration.unscoped.get().application.client_secret
    assert offered
    assert is_right(answer.context["secret"], stored)
    assert not is_right(program.secret, stored)
    assert pages.get(url("secret", program.registration.pk)).status_code == 404


def test_it_is_not_for_those_who_may_only_look_nor_for_kinds_without_one(
    pages: Client, tenant: Tenant, other_tenant: Tenant
) -> None:
    app, foreign = make_program(tenant, "app").registration, make_program(other_tenant).registration

    assert pages.post(url("secret", app.pk)).status_code == 403
    assert pages.post(url("secret", foreign.pk)).status_code == 404


def test_service_accounts_of_ones_own_tenant_are_offered(
    pages: Client, tenant: Tenant, other_tenant: Tenant, alice: User
) -> None:
    own = make_service_account(tenant)
    make_service_account(other_tenant)

    offered = pages.get(url("add")).context["adminform"].form.fields["service_account"].queryset

    assert list(offered) == [own]


def test_it_is_deleted_with_what_it_is(pages: Client, tenant: Tenant) -> None:
    made = make_program(tenant).registration

    pages.post(url("delete", made.pk), {"post": "yes"})

    assert not Registration.unscoped.exists()
