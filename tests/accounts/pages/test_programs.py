"""One's own programs: seen, and taken back, one's own alone."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.tenants.models import Tenant
from tests.accounts.programs import Flow, flow_of, make_program
from tests.admin.conftest import make_tokens


@pytest.fixture
def flow(alice: User, tenant: Tenant) -> Flow:
    """Alice has allowed a website something."""
    flow = flow_of(alice, make_program(tenant, description="Plans shifts"))
    flow.tokens(scope="openid orgs.people.view")
    return flow


def page(browser: Client) -> Any:
    return browser.get("/accounts/programs/")


def test_each_is_there_with_what_it_may(flow: Flow) -> None:
    shown = page(flow.browser).content.decode()

    for part in ("Rota", "Plans shifts", "see people, their places and accounts", "Allowed on"):
        assert part in shown


def test_those_one_signed_in_with_are_there_too_but_not_the_chat(alice: User, client: Client) -> None:
    make_tokens(alice, "x")
    client.force_login(alice)

    rows = page(client).context["programs"]

    assert [program.name for program, _allows in rows] == ["imsite programs"]


def test_taking_it_back_ends_it(flow: Flow) -> None:
    tokens = flow.tokens(scope="openid")

    answer = flow.browser.post(f"/accounts/programs/{flow.program.application.pk}/withdraw/", follow=True)

    assert "can do nothing in your name" in answer.content.decode()
    assert flow.refresh(tokens["refresh_token"])[0] == 400
    assert answer.context["programs"] == []
    assert flow.ask().status_code == 200


def test_others_have_nothing_to_see_and_nothing_to_take_back(flow: Flow, bob: User, eve: User) -> None:
    for user in (bob, eve):
        browser = Client()
        browser.force_login(user)

        answer = browser.post(f"/accounts/programs/{flow.program.application.pk}/withdraw/", follow=True)

        assert "There is no program" in answer.content.decode()
        assert page(browser).context["programs"] == []
    assert "code" in str(flow.ask(scope="openid").headers["Location"])


def test_it_takes_a_person_who_is_signed_in_and_her_own_form(flow: Flow, alice: User) -> None:
    url = f"/accounts/programs/{flow.program.application.pk}/withdraw/"
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)

    assert page(Client()).status_code == 302
    assert Client().post(url).status_code == 302
    assert strict.post(url).status_code == 403
    assert strict.get(url).status_code == 405
