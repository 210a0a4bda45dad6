"""Tokens can be listed and revoked, but never read; programs can be added."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from oauth2_provider.models import get_access_token_model, get_application_model, get_refresh_token_model

from apps.accounts.models import User
from apps.audit.models import Entry
from tests.admin.conftest import make_tokens

SECRET = "Zx81-very-secret"
KINDS = ["accesstoken", "refreshtoken"]


def url(kind: str, page: str, *args: object) -> str:
    return reverse(f"admin:oauth2_provider_{kind}_{page}", args=args)


@pytest.fixture
def signed_in(alice: User, bob: User) -> User:
    make_tokens(alice, SECRET)
    make_tokens(bob, "other")
    return alice


def model(kind: str) -> Any:
    return get_access_token_model() if kind == "accesstoken" else get_refresh_token_model()


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_shows_a_token(admin_pages: Client, signed_in: User, kind: str) -> None:
    row = model(kind).objects.get(user=signed_in)
    revoke = {"action": "revoke", "_selected_action": [row.pk]}

    pages = [url(kind, "changelist"), url(kind, "change", row.pk), url(kind, "history", row.pk)]
    shown = "".join(admin_pages.get(page, follow=True).content.decode() for page in pages)
    shown += admin_pages.post(url(kind, "changelist"), revoke, follow=True).content.decode()
    kept = " ".join(f"{entry.target_label} {entry.before} {entry.after}" for entry in Entry.unscoped.all())

    assert "alice@acme" in shown
    assert "alice@acme" in kept
    assert SECRET not in shown + kept
    assert row.token_checksum not in shown + kept


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_cannot_be_searched_for(admin_pages: Client, signed_in: User, kind: str) -> None:
    answer = admin_pages.get(url(kind, "changelist"), {"q": SECRET})

    assert answer.context["cl"].result_count == 0


@pytest.mark.parametrize("kind", KINDS)
def test_revoking_either_takes_both_away(admin_pages: Client, signed_in: User, bob: User, kind: str) -> None:
    row = model(kind).objects.get(user=signed_in)

    admin_pages.post(url(kind, "changelist"), {"action": "revoke", "_selected_action": [row.pk]})

    assert not get_access_token_model().objects.filter(user=signed_in).exists()
    assert not get_refresh_token_model().objects.filter(user=signed_in, revoked__isnull=True).exists()
    assert get_access_token_model().objects.filter(user=bob).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_neither_made_nor_changed_here(admin_pages: Client, signed_in: User, kind: str) -> None:
    row = model(kind).objects.get(user=signed_in)

    assert admin_pages.get(url(kind, "add")).status_code == 403
    assert admin_pages.post(url(kind, "change", row.pk), {"token": "mine"}).status_code == 403


def test_the_list_is_narrowed_to_one_program_within_reach(admin_pages: Client, signed_in: User, eve: User) -> None:
    own = get_access_token_model().objects.get(user=signed_in).application
    get_application_model().objects.create(name="Secret", client_id="s", client_type="public")

    page = admin_pages.get(url("accesstoken", "changelist"), {"program": str(own.pk)})
    other = admin_pages.get(url("accesstoken", "changelist"), {"program": "0"})
    nonsense = admin_pages.get(url("accesstoken", "changelist"), {"program": "x"})

    counts = [answer.context["cl"].result_count for answer in (page, other, nonsense)]
    assert counts == [2, 0, 2]
    assert "Secret" not in page.content.decode()
