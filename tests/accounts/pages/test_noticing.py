"""Whoever uses the pages finds her browser in the list, and one that was ended is out at its next request."""

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import BrowserSession, User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

PAGE = "/accounts/terminals/"
FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}


def test_a_sign_in_is_noted_with_browser_and_address(client: Client, alice: User) -> None:
    client.post(
        "/accounts/login/", {"username": alice.login, "password": PASSWORD}, headers=FIREFOX, REMOTE_ADDR="10.1.2.3"
    )

    row = BrowserSession.unscoped.get()
    assert (row.user, row.browser, row.address) == (alice, "Firefox · Linux", "10.1.2.3")
    assert row.session_id == client.session.session_key


def test_a_sign_in_that_fails_and_a_visitor_are_not(client: Client, alice: User) -> None:
    client.post("/accounts/login/", {"username": alice.login, "password": "wrong"})
    client.get(PAGE)

    assert not BrowserSession.unscoped.exists()


def test_requests_soon_after_write_nothing(client: Client, alice: User) -> None:
    client.force_login(alice)

    with CaptureQueriesContext(connection) as first:
        client.get(PAGE)
    with CaptureQueriesContext(connection) as second:
        client.get(PAGE)

    assert any(query["sql"].startswith("INSERT") for query in first)
    assert {query["sql"].split()[0] for query in second} == {"SELECT"}


def test_a_browser_that_was_ended_is_out(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.get(PAGE)

    BrowserSession.unscoped.get().session.delete()
    answer = client.get(PAGE)

    assert answer.status_code == 302
    assert SESSION_KEY not in client.session
    assert not BrowserSession.unscoped.exists()


def test_signing_out_takes_the_row_away(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.get(PAGE)

    client.post("/accounts/logout/")

    assert not BrowserSession.unscoped.exists()
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
async def test_it_works_on_a_loop_as_well(alice: User) -> None:
    client = AsyncClient()
    await client.aforce_login(alice)

    answer = await client.get(PAGE)

    assert answer.status_code == 200
    assert await BrowserSession.unscoped.acount() == 1
