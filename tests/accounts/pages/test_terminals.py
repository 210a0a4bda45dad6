"""The page of terminals: what it shows, what it changes, and that it is about one's own only."""

import pytest
from django.test import Client

from apps.accounts.models import BrowserSession, Terminal, User
from tests.accounts.browsers import browser_of
from tests.accounts.terminals import terminal_of

PAGE = "/accounts/terminals/"


@pytest.fixture
def hers(client: Client, alice: User) -> Client:
    """Alice at her browser."""
    client.force_login(alice)
    return client


def test_only_ones_own_terminals_are_listed(hers: Client, alice: User, bob: User) -> None:
    own, foreign = terminal_of(alice), terminal_of(bob)

    page = hers.get(PAGE).content.decode()

    assert str(own.pk) in page
    assert str(foreign.pk) not in page


def test_browsers_are_listed_with_this_one_and_no_key(hers: Client, alice: User, bob: User) -> None:
    hers.get(PAGE)
    away, foreign = browser_of(alice, "<b>Edge</b> · Windows"), browser_of(bob, "Safari · macOS")

    page = hers.get(PAGE).content.decode()

    assert f"{PAGE}browsers/{away.pk}/end/" in page
    assert "&lt;b&gt;Edge" in page
    assert "Safari · macOS" not in page
    assert page.count("/end/") == 1  # this one is signed out by the menu
    assert not any(str(key) in page for key in (away.session_id, foreign.session_id, hers.session.session_key))


def test_another_browser_is_signed_out_and_this_one_stays(hers: Client, alice: User, client: Client) -> None:
    other = Client()
    other.force_login(alice)
    other.get(PAGE)
    row = BrowserSession.unscoped.get()

    hers.post(f"{PAGE}browsers/{row.pk}/end/")

    assert other.get(PAGE).status_code == 302
    assert hers.get(PAGE).status_code == 200


def test_anothers_browser_is_not_signed_out(hers: Client, bob: User) -> None:
    row = browser_of(bob)

    page = hers.post(f"{PAGE}browsers/{row.pk}/end/", follow=True).content.decode()

    assert 'role="alert"' in page
    assert BrowserSession.unscoped.filter(pk=row.pk).exists()


def test_those_that_are_there_are_marked(hers: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    here, _away = terminal_of(alice), terminal_of(alice)
    monkeypatch.setattr("apps.accounts.pages.terminals.open_terminals", lambda user_id: {here.pk})

    page = hers.get(PAGE).content.decode()

    assert page.count("online now") == 1


def test_a_terminal_gets_a_name_which_is_text(hers: Client, alice: User) -> None:
    terminal = terminal_of(alice)

    page = hers.post(f"{PAGE}{terminal.pk}/rename/", {"label": "<i>Laptop</i>"}, follow=True).content.decode()

    assert "&lt;i&gt;Laptop" in page
    assert "<i>Laptop" not in page


def test_a_name_too_long_is_refused_with_a_reason(hers: Client, alice: User) -> None:
    terminal = terminal_of(alice)

    response = hers.post(f"{PAGE}{terminal.pk}/rename/", {"label": "x" * 500}, follow=True)

    assert 'role="alert"' in response.content.decode()
    terminal.refresh_from_db()
    assert terminal.label == ""


def test_revoking_one_keeps_the_browser_that_asked(hers: Client, alice: User) -> None:
    terminal, other = terminal_of(alice), terminal_of(alice)

    response = hers.post(f"{PAGE}{terminal.pk}/revoke/", follow=True)

    assert response.redirect_chain == [(PAGE, 302)]
    assert str(terminal.pk) not in response.content.decode()
    assert str(other.pk) in response.content.decode()


def test_revoking_ends_the_other_browsers(hers: Client, alice: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(User.unscoped.get(pk=alice.pk))
    terminal = terminal_of(alice)

    hers.post(f"{PAGE}{terminal.pk}/revoke/")

    assert elsewhere.get(PAGE)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("whose", ["bob", "eve"])
def test_anothers_terminal_can_neither_be_named_nor_revoked(
    hers: Client, whose: str, request: pytest.FixtureRequest
) -> None:
    foreign = terminal_of(request.getfixturevalue(whose))

    for action in ("rename", "revoke"):
        answer = hers.post(f"{PAGE}{foreign.pk}/{action}/", {"label": "mine"}, follow=True).content.decode()
        assert 'role="alert"' in answer

    foreign.refresh_from_db()
    assert (foreign.label, foreign.revoked_at) == ("", None)


def test_all_others_are_revoked_and_the_named_one_stays(hers: Client, alice: User, bob: User) -> None:
    here, phone, foreign = terminal_of(alice), terminal_of(alice), terminal_of(bob)

    page = hers.post(f"{PAGE}others/revoke/", {"keep": str(here.pk)}, follow=True).content.decode()

    assert "1 terminal is signed out." in page
    living = set(Terminal.unscoped.filter(revoked_at__isnull=True).values_list("pk", flat=True))
    assert living == {here.pk, foreign.pk}
    assert phone.pk not in living


@pytest.mark.parametrize("keep", ["", "nonsense", "00000000-0000-4000-8000-000000000000"])
def test_without_a_terminal_of_hers_to_keep_all_go(hers: Client, alice: User, keep: str) -> None:
    terminal_of(alice)

    hers.post(f"{PAGE}others/revoke/", {"keep": keep})

    assert not Terminal.unscoped.filter(user=alice, revoked_at__isnull=True).exists()
