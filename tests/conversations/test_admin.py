"""Conversations can be looked at: who and how much, never what."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.common.clock import now_ms
from apps.conversations.models import Conversation
from apps.messaging.services.conversations import start_direct, start_group
from tests.admin.conftest import admin_pages, root

__all__ = ["admin_pages", "root"]

LIST = "admin:conversations_conversation_changelist"


def page_of(conversation: Conversation) -> str:
    return reverse("admin:conversations_conversation_change", args=[conversation.pk])


@pytest.fixture
def group(alice: User, bob: User, carol: User) -> Conversation:
    return start_group(alice, title="产品讨论组", member_ids=[bob.id, carol.id], now_ms=now_ms())


@pytest.fixture
def direct(alice: User, bob: User) -> Conversation:
    return start_direct(alice, other_id=bob.id, now_ms=now_ms())[0]


def test_a_direct_conversation_is_named_after_its_people(admin_pages: Client, direct: Conversation) -> None:
    assert "Alice · Bob" in admin_pages.get(reverse(LIST)).content.decode()


def test_the_page_shows_members_and_the_end_of_the_log(admin_pages: Client, group: Conversation) -> None:
    page = admin_pages.get(page_of(group)).content.decode()

    assert all(login in page for login in ("alice@acme", "bob@acme", "carol@acme"))
    assert "产品讨论组" in page


def test_the_page_costs_the_same_with_many_members(
    admin_pages: Client, group: Conversation, direct: Conversation, django_assert_max_num_queries: Callable[..., object]
) -> None:
    admin_pages.get(page_of(group))  # the first answer of a session notes its browser

    for conversation in (group, direct):
        with django_assert_max_num_queries(16):  # type: ignore[attr-defined]
            assert admin_pages.get(page_of(conversation)).status_code == 200


def test_nothing_can_be_changed_behind_the_logs_back(admin_pages: Client, group: Conversation) -> None:
    member = group.members.first()
    form = {"title": "x", "members-TOTAL_FORMS": 1, "members-INITIAL_FORMS": 1, "members-0-DELETE": "on"}

    answer = admin_pages.post(page_of(group), {**form, "members-0-id": str(member.pk if member else "")})

    assert answer.status_code == 403
    assert group.members.count() == 3
    assert admin_pages.get(reverse("admin:conversations_conversation_add")).status_code == 403
    assert admin_pages.get(reverse("admin:conversations_conversation_delete", args=[group.pk])).status_code == 403


@pytest.mark.parametrize(("text", "found"), [("讨论", 1), ("carol@acme", 1), ("Bob", 2), ("nobody", 0)])
def test_search_goes_by_title_and_members(
    admin_pages: Client, group: Conversation, direct: Conversation, text: str, found: int
) -> None:
    assert admin_pages.get(reverse(LIST), {"q": text}).context["cl"].result_count == found


def test_search_goes_by_id(admin_pages: Client, group: Conversation, direct: Conversation) -> None:
    assert admin_pages.get(reverse(LIST), {"q": str(group.pk)}).context["cl"].result_count == 1
