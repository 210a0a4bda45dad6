"""Users as rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from apps.accounts.models import User
from apps.tenants.models import Tenant


@pytest.mark.parametrize("login", ["alice@acme", " ALICE@Acme ", "ａlice@acme"])
def test_a_user_is_found_by_her_login_in_any_spelling(alice: User, login: str) -> None:
    assert User.unscoped.get_by_natural_key(login) == alice


@pytest.mark.parametrize("login", ["alice", "alice@rival", "@acme", "", None])
def test_nobody_is_found_by_another_login(alice: User, login: str | None) -> None:
    with pytest.raises(User.DoesNotExist):
        User.unscoped.get_by_natural_key(login)


def test_the_database_keeps_names_unique_within_a_tenant(tenant: Tenant, alice: User) -> None:
    with pytest.raises(IntegrityError):
        User(tenant=tenant, username=alice.username, login="other@acme", display_name="x").save()


def test_people_see_the_display_name(alice: User) -> None:
    alice.display_name = "爱丽丝"

    assert (alice.get_full_name(), alice.get_short_name(), str(alice)) == ("爱丽丝", "爱丽丝", "alice@acme")


def test_an_account_is_a_persons_unless_it_was_made_for_a_program(alice: User) -> None:
    stored = User.unscoped.get(pk=alice.pk)

    assert stored.kind == User.Kind.PERSON


def test_browser_sessions_are_checked_by_the_password_and_by_when_they_were_ended(alice: User) -> None:
    at_first = alice.get_session_auth_hash()

    alice.pages_ended_at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    once = alice.get_session_auth_hash()
    alice.pages_ended_at += timedelta(microseconds=1)
    again = alice.get_session_auth_hash()

    alice.password = "other"
    assert len({at_first, once, again, alice.get_session_auth_hash()}) == 4


def test_a_browser_session_outlives_a_new_secret_as_long_as_the_old_one_is_known(alice: User, settings: Any) -> None:
    alice.pages_ended_at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    before = alice.get_session_auth_hash()

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]

    assert before in set(alice.get_session_auth_fallback_hash())
    assert before != alice.get_session_auth_hash()
