"""Finding people: active ones of one's own tenant, nobody else."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts import services
from apps.accounts.errors import UserNotFound
from apps.accounts.models import Terminal, TerminalToken, User
from apps.accounts.selectors import (
    get_user,
    search_users,
    shut_out,
    shut_out_since,
    terminals_of,
    terminals_of_token,
)
from apps.tenants.models import Tenant
from tests.accounts.terminals import access_token_of, sign_in_chain, terminal_of
from tests.rest_client import issue_token


def test_one_user_is_found_by_id(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert get_user(alice.tenant_id, alice.id) == alice


def test_a_foreign_an_inactive_and_an_unknown_user_are_refused_alike(alice: User, bob: User, eve: User) -> None:
    services.deactivate_user(bob)

    for user_id in (eve.id, bob.id, uuid4()):
        with pytest.raises(UserNotFound) as refusal:
            get_user(alice.tenant_id, user_id)
        assert refusal.value.fields == {"user": str(user_id)}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["Alice", "Bob", "张卡罗"]),
        ("ali", ["Alice"]),
        ("BOB", ["Bob"]),
        ("卡罗", ["张卡罗"]),
        ("carol", ["张卡罗"]),
        ("o", []),
        ("zkl", ["张卡罗"]),
        ("kaluo", ["张卡罗"]),
        ("罗 car", ["张卡罗"]),
        ("b", ["Bob"]),
        ("%", []),
        ("_", []),
        ("nobody", []),
    ],
)
def test_people_are_found_by_part_of_a_name(
    alice: User, bob: User, carol: User, eve: User, text: str, names: list[str]
) -> None:
    assert [user.display_name for user in search_users(alice.tenant_id, text=text)] == names


def test_people_of_the_same_name_keep_an_order(tenant: Tenant) -> None:
    twins = [
        services.create_user(tenant, username=f"twin{n}", password="a decent password", display_name="Twin")
        for n in range(5)
    ]

    assert list(search_users(tenant.id, text="twin")) == sorted(twins, key=lambda user: user.id)


def everybody(*users: User) -> set[UUID]:
    return {user.id for user in users}


def test_users_signed_out_since_are_found_and_older_ones_are_not(alice: User, bob: User, carol: User) -> None:
    services.revoke_tokens(alice)
    services.set_password(bob, password="another decent password")
    assert alice.signed_out_at is not None
    assert bob.signed_out_at is not None

    all_of_them = everybody(alice, bob, carol)
    since_both, _ = shut_out(alice.tenant_id, users=all_of_them, terminals=(), since=alice.signed_out_at)
    since_bob, _ = shut_out(alice.tenant_id, users=all_of_them, terminals=(), since=bob.signed_out_at)

    assert since_both == everybody(alice, bob)
    assert since_bob == everybody(bob)


def test_an_inactive_user_is_shut_out_however_long_ago(alice: User, bob: User) -> None:
    services.deactivate_user(alice)

    gone, _ = shut_out(
        alice.tenant_id, users=everybody(alice, bob), terminals=(), since=timezone.now() + timedelta(days=1)
    )

    assert gone == everybody(alice)


def test_revoked_terminals_are_found_among_those_asked_about(alice: User, bob: User) -> None:
    lost, unasked, kept = terminal_of(alice), terminal_of(alice), terminal_of(bob)
    for terminal in (lost, unasked):
        services.revoke_terminal(terminal)

    gone, revoked = shut_out(
        alice.tenant_id, users=everybody(alice, bob), terminals={lost.id, kept.id}, since=timezone.now()
    )

    assert (gone, revoked) == (set(), {lost.id})


def test_who_is_shut_out_elsewhere_is_not_told_here(
    alice: User, eve: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    foreign = terminal_of(eve)
    services.revoke_terminal(foreign)
    services.deactivate_user(eve)

    with django_assert_num_queries(2):
        assert shut_out(alice.tenant_id, users={eve.id}, terminals={foreign.id}, since=timezone.now()) == (set(), set())


class TestTerminals:
    def test_ones_own_are_listed_last_used_first(
        self, alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        older, newer, revoked = (terminal_of(alice) for _ in range(3))
        terminal_of(bob)
        Terminal.unscoped.filter(pk=revoked.pk).update(revoked_at=revoked.created_at)

        with django_assert_num_queries(1):
            found = terminals_of(alice)

        assert [each.id for each in found] == [newer.id, older.id]

    def test_a_token_leads_to_the_terminals_of_its_chain(
        self, alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        terminal, other = terminal_of(alice), terminal_of(alice)
        access = access_token_of(sign_in_chain(alice, terminal))
        single = access_token_of(issue_token(alice))
        TerminalToken.unscoped.create(tenant=alice.tenant, terminal=other, access_token_id=single.pk)

        with django_assert_num_queries(1):
            assert terminals_of_token(alice, access.pk) == {terminal.id}
        assert terminals_of_token(alice, single.pk) == {other.id}
        assert terminals_of_token(bob, access.pk) == set()

    def test_who_was_shut_out_since_then_is_found_whoever_it_is(
        self, alice: User, bob: User, eve: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        since = timezone.now()
        before = since - timedelta(seconds=1)
        revoked, displaced, former = terminal_of(alice), terminal_of(eve), terminal_of(bob)
        User.unscoped.filter(pk=eve.pk).update(signed_out_at=since)
        User.unscoped.filter(pk=bob.pk).update(signed_out_at=before)
        Terminal.unscoped.filter(pk=revoked.pk).update(revoked_at=since)
        Terminal.unscoped.filter(pk=displaced.pk).update(displaced_at=since)
        Terminal.unscoped.filter(pk=former.pk).update(revoked_at=before)

        with django_assert_num_queries(3):
            found = shut_out_since(since)

        assert found.users == {eve.id: since}
        assert found.terminals == {revoked.id: (alice.id, since), displaced.id: (eve.id, since)}
