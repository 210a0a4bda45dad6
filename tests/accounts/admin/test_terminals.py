"""Terminals can be looked at and revoked, nothing else."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from apps.accounts.models import Terminal, User
from tests.admin.conftest import make_terminal

LIST = "admin:accounts_terminal_changelist"


def revoke(client: Client, terminal: Terminal) -> None:
    client.post(reverse(LIST), {"action": "revoke", "_selected_action": [str(terminal.pk)]})
    terminal.refresh_from_db()


def test_a_lost_terminal_is_revoked(admin_pages: Client, alice: User) -> None:
    lost, kept = make_terminal(alice), make_terminal(alice)

    revoke(admin_pages, lost)

    kept.refresh_from_db()
    assert lost.revoked_at is not None
    assert kept.revoked_at is None


def test_viewing_is_not_revoking(helper_pages: Client, helper: User, alice: User, grant: Callable[..., None]) -> None:
    terminal = make_terminal(alice)
    grant(helper, "accounts.terminals.view")

    revoke(helper_pages, terminal)

    assert helper_pages.get(reverse(LIST)).status_code == 200
    assert terminal.revoked_at is None


def test_the_permission_to_change_is_enough_to_revoke(
    helper_pages: Client, helper: User, alice: User, grant: Callable[..., None]
) -> None:
    terminal = make_terminal(alice)
    grant(helper, "accounts.terminals.view", "accounts.terminals.revoke")

    revoke(helper_pages, terminal)

    assert terminal.revoked_at is not None


def test_the_page_only_shows(admin_pages: Client, alice: User) -> None:
    terminal = make_terminal(alice)
    page = reverse("admin:accounts_terminal_change", args=[terminal.pk])

    assert admin_pages.get(page).status_code == 200
    assert admin_pages.post(page, {"name": "Mine"}).status_code == 403
    assert admin_pages.get(reverse("admin:accounts_terminal_add")).status_code == 403


def test_revoked_ones_can_be_told_apart(admin_pages: Client, alice: User) -> None:
    revoke(admin_pages, make_terminal(alice))
    make_terminal(alice)

    counts = [
        admin_pages.get(reverse(LIST), {"revoked": side}).context["cl"].result_count for side in ("yes", "no", "x")
    ]

    assert counts == [1, 1, 2]


def test_where_it_was_used_and_whether_another_took_its_place_is_shown(admin_pages: Client, alice: User) -> None:
    terminal = make_terminal(alice)
    rows = Terminal.unscoped.filter(pk=terminal.pk)
    rows.update(address="10.0.0.9", label="Kitchen", displaced_at=terminal.created_at)

    page = admin_pages.get(reverse(LIST)).content.decode()

    assert "own network (10.0.0.9)" in page
    assert "Kitchen" in page
    assert "closed for another one" in page


def test_who_revokes_her_own_stays_signed_in_where_she_does_it(admin_pages: Client) -> None:
    actor = User.unscoped.get(pk=admin_pages.session["_auth_user_id"])
    terminal = make_terminal(actor)

    revoke(admin_pages, terminal)

    assert terminal.revoked_at is not None
    assert admin_pages.get(reverse(LIST)).status_code == 200
