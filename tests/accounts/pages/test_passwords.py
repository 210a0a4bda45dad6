"""One's own password: changed by who knows it, and everybody else is signed out."""

import pytest
from django.test import Client

from apps.accounts.models import User
from tests.accounts.factors import enter, set_policy
from tests.conftest import PASSWORD

PAGE = "/accounts/password/"
FRESH = "a fresh passphrase"


@pytest.fixture
def pages(client: Client, alice: User) -> Client:
    enter(client, alice)
    return client


def test_who_knows_it_changes_it_and_stays_here_alone(pages: Client, alice: User) -> None:
    elsewhere = Client()
    enter(elsewhere, alice)

    assert pages.post(PAGE, {"password": PASSWORD, "fresh": FRESH}).headers["Location"] == PAGE

    assert pages.get(PAGE).status_code == 200
    assert elsewhere.get(PAGE).status_code == 302
    assert enter(Client(), alice, password=FRESH) == "/chat/"


@pytest.mark.parametrize(
    ("password", "fresh", "field"),
    [("wrong", FRESH, "password"), (PASSWORD, "12345678", "fresh"), (PASSWORD, "woaini1314", "fresh")],
)
def test_a_wrong_one_or_a_bad_new_one_changes_nothing(
    pages: Client, alice: User, password: str, fresh: str, field: str
) -> None:
    assert list(pages.post(PAGE, {"password": password, "fresh": fresh}).context["form"].errors) == [field]

    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_one_of_before_is_not_taken_again(pages: Client, alice: User) -> None:
    set_policy(alice.tenant, password_history=2)
    pages.post(PAGE, {"password": PASSWORD, "fresh": FRESH})

    answer = pages.post(PAGE, {"password": FRESH, "fresh": PASSWORD})

    assert "before" in str(answer.context["form"].errors)


def test_a_password_manager_is_told_whose_it_is(pages: Client, alice: User) -> None:
    page = pages.get(PAGE).content.decode()

    assert f'name="username" value="{alice.login}" autocomplete="username" readonly hidden>' in page


def test_who_has_none_gets_one_after_a_fresh_sign_in(pages: Client, alice: User) -> None:
    alice.set_unusable_password()
    alice.save(update_fields=["password"])
    pages.force_login(alice)
    assert pages.get(PAGE).headers["Location"].startswith("/accounts/confirm/")
    session = pages.session
    session["signed_in_at"] = 9_999_999_999
    session.save()
    assert pages.get(PAGE).headers["Location"].startswith("/accounts/confirm/"), "a time to come is no proof"


def test_renewing_is_for_who_is_on_her_way_in(client: Client, db: None) -> None:
    assert client.post("/accounts/renew/", {"fresh": FRESH}).headers["Location"] == "/accounts/login/"
