"""Fields name what they offer as the other page says."""

from typing import Any

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from apps.access.admin import send_choices
from apps.accounts.models import Terminal, User
from tests.access.admin.conftest import Ask


def test_the_admin_offers_choices_by_this_view() -> None:
    assert admin.site.autocomplete_view is send_choices


def test_a_page_names_its_rows(boss: User, own: Terminal, monkeypatch: Any) -> None:
    page = admin.site._registry[User]
    monkeypatch.setattr(page, "text_of_choice", lambda user: f"<{user.username}>", raising=False)
    client = Client()
    client.force_login(boss)
    query = {"app_label": "orgs", "model_name": "placement", "field_name": "user", "term": own.user.username}

    answer = client.get(reverse("admin:autocomplete"), query).json()

    assert [row["text"] for row in answer["results"]] == [f"<{own.user.username}>"]


def test_whoever_may_not_look_is_offered_nothing(ask: Ask, alice: User) -> None:
    client = Client()
    client.force_login(alice)
    query = {"app_label": "orgs", "model_name": "placement", "field_name": "user", "term": ""}

    assert client.get(reverse("admin:autocomplete"), query).status_code in {302, 403}
