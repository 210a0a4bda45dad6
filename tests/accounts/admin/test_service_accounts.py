"""Service accounts are made, changed and stopped through the services; a secret is shown once."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from oauth2_provider.models import get_access_token_model

from apps.accounts.models import ServiceAccount, User
from tests.rest_client import issue_token

LIST = "admin:accounts_serviceaccount_changelist"
ADD = "admin:accounts_serviceaccount_add"
NEW = {"username": "builds", "display_name": "Build bot", "description": "Builds", "requests_per_minute": "60"}


@pytest.fixture
def made(admin_pages: Client) -> tuple[ServiceAccount, str]:
    """An account, and what the page says that follows."""
    answer = admin_pages.post(reverse(ADD), NEW, follow=True)
    return ServiceAccount.unscoped.select_related("user", "application").get(), answer.content.decode()


def act(client: Client, account: ServiceAccount, action: str) -> Any:
    return client.post(reverse(LIST), {"action": action, "_selected_action": [str(account.pk)]}, follow=True)


def test_one_is_made_and_its_secret_shown_once(
    admin_pages: Client, root: User, made: tuple[ServiceAccount, str]
) -> None:
    account, page = made
    later = admin_pages.get(reverse("admin:accounts_serviceaccount_change", args=[account.pk])).content.decode()

    assert account.application is not None
    assert (account.user.kind, account.owner, account.requests_per_minute) == (User.Kind.SERVICE, root, 60)
    assert f"client id {account.application.client_id}, secret " in page
    assert account.application.client_id in later
    assert "secret " + page.partition(", secret ")[2][:20] not in later


def test_what_does_not_fit_is_said_at_its_field(admin_pages: Client) -> None:
    answer = admin_pages.post(reverse(ADD), NEW | {"username": "-"})

    assert "username" in answer.context["adminform"].form.errors
    assert not ServiceAccount.unscoped.exists()


def test_it_is_changed_and_an_older_form_refused(admin_pages: Client, made: tuple[ServiceAccount, str]) -> None:
    page = reverse("admin:accounts_serviceaccount_change", args=[made[0].pk])
    form = {"display_name": "CI", "description": "x", "owner": "", "requests_per_minute": "", "version": "1"}

    changed, stale = admin_pages.post(page, form), admin_pages.post(page, form)

    account = ServiceAccount.unscoped.select_related("user").get()
    assert (changed.status_code, stale.status_code) == (302, 200)
    assert (account.user.display_name, account.requests_per_minute) == ("CI", None)


def test_it_is_stopped_and_works_again(admin_pages: Client, made: tuple[ServiceAccount, str]) -> None:
    account = made[0]
    issue_token(account.user)

    act(admin_pages, account, "stop")
    stopped = ServiceAccount.unscoped.select_related("user").get()
    act(admin_pages, account, "start")

    assert not stopped.user.is_active
    assert not get_access_token_model().objects.filter(user=account.user).exists()
    assert ServiceAccount.unscoped.select_related("user").get().user.is_active


def test_another_secret_is_shown(admin_pages: Client, made: tuple[ServiceAccount, str]) -> None:
    account, first = made

    page = act(admin_pages, account, "renew_secret").content.decode()

    assert ", secret " in page
    assert page.partition(", secret ")[2][:40] != first.partition(", secret ")[2][:40]


def test_nobody_deletes_one(admin_pages: Client, made: tuple[ServiceAccount, str]) -> None:
    answer = admin_pages.post(reverse("admin:accounts_serviceaccount_delete", args=[made[0].pk]), {"post": "yes"})

    assert answer.status_code == 403
    assert ServiceAccount.unscoped.exists()
