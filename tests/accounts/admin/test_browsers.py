"""Administrators see where people are signed in to pages, and sign them out, within their scope."""

from collections.abc import Callable

from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from apps.accounts.models import BrowserSession, User
from apps.audit.models import Entry
from apps.tenants.models import Tenant
from tests.accounts.browsers import browser_of

LIST = "admin:accounts_browsersession_changelist"
SEE, END = "accounts.terminals.view", "accounts.terminals.revoke"


def run(client: Client, *rows: BrowserSession) -> str:
    data = {"action": "end", "_selected_action": [str(row.pk) for row in rows]}
    return client.post(reverse(LIST), data, follow=True).content.decode()


def test_the_list_says_which_browser_it_is_and_no_key(admin_pages: Client, alice: User) -> None:
    row = browser_of(alice, "Edge · Windows")

    page = admin_pages.get(reverse(LIST)).content.decode()
    detail = admin_pages.get(reverse("admin:accounts_browsersession_change", args=[row.pk])).content.decode()

    assert "Edge · Windows" in page
    assert "Edge · Windows" in detail
    assert row.session_id not in page + detail


def test_the_chosen_ones_are_signed_out_and_recorded(
    helper: User, helper_pages: Client, alice: User, grant: Callable[..., None]
) -> None:
    grant(helper, SEE, END)
    gone, stays = browser_of(alice), browser_of(alice)

    run(helper_pages, gone)

    assert not Session.objects.filter(pk=gone.session_id).exists()
    assert Session.objects.filter(pk=stays.session_id).exists()
    entry = Entry.unscoped.get(action="accounts.browser.ended")
    assert (entry.actor_id, entry.target_id) == (helper.pk, str(alice.pk))


def test_who_may_only_look_signs_nobody_out(
    helper: User, helper_pages: Client, alice: User, grant: Callable[..., None]
) -> None:
    grant(helper, SEE)
    row = browser_of(alice)

    run(helper_pages, row)

    assert Session.objects.filter(pk=row.session_id).exists()


def test_nobody_is_signed_out_by_who_may_do_less(
    helper: User, helper_pages: Client, root: User, tenant: Tenant, alice: User, grant: Callable[..., None]
) -> None:
    grant(helper, SEE, END)
    grant(alice, "orgs.people.view", SEE, END)
    row = browser_of(alice)

    run(helper_pages, row)

    assert Session.objects.filter(pk=row.session_id).exists()


def test_another_tenants_are_not_there(
    helper: User, helper_pages: Client, eve: User, grant: Callable[..., None]
) -> None:
    grant(helper, SEE, END)
    row = browser_of(eve)

    listed = helper_pages.get(reverse(LIST)).context["cl"].result_list
    run(helper_pages, row)

    assert row.pk not in [each.pk for each in listed]
    assert Session.objects.filter(pk=row.session_id).exists()
