"""Users as rows."""

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
