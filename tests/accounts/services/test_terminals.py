"""Terminals belong to the user who signed in from them first."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts import services
from apps.accounts.errors import TerminalRefused
from apps.accounts.models import Terminal, User
from apps.accounts.services import Principal, terminals
from apps.common.errors import InvalidInput
from tests.rest_client import issue_token


def principal_of(user: User) -> Principal:
    return services.principal_for_token(issue_token(user))


def register(user: User, terminal_id: UUID, **fields: str) -> Terminal:
    return services.register_terminal(
        principal_of(user), terminal_id=terminal_id, **{"platform": "linux", "name": "Desk", **fields}
    )


def test_the_first_sign_in_makes_the_terminal(alice: User) -> None:
    terminal = register(alice, uuid4())

    terminal.refresh_from_db()
    assert (terminal.user, terminal.tenant, terminal.platform, terminal.name) == (alice, alice.tenant, "linux", "Desk")


def test_a_later_sign_in_costs_one_query(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    terminal_id, principal = uuid4(), principal_of(alice)
    first = services.register_terminal(principal, terminal_id=terminal_id, platform="linux", name="Desk")

    with django_assert_num_queries(3):  # savepoint, select, release: outside a test it is begin, select, commit
        again = services.register_terminal(principal, terminal_id=terminal_id, platform="linux", name="Desk")

    assert again == first
    assert Terminal.objects.for_tenant(alice.tenant_id).count() == 1


def test_a_new_name_and_an_old_sighting_are_brought_up_to_date(alice: User) -> None:
    terminal = register(alice, uuid4())
    Terminal.unscoped.filter(pk=terminal.pk).update(last_seen_at=timezone.now() - timedelta(days=1))

    register(alice, terminal.id, name="Office")

    terminal.refresh_from_db()
    assert terminal.name == "Office"
    assert timezone.now() - terminal.last_seen_at < timedelta(minutes=1)


@pytest.mark.parametrize("other", ["bob", "eve"])
def test_the_id_of_anothers_terminal_is_refused(alice: User, bob: User, eve: User, other: str) -> None:
    terminal = register(alice, uuid4())

    with pytest.raises(TerminalRefused):
        register({"bob": bob, "eve": eve}[other], terminal.id)


def test_a_revoked_terminal_is_refused_for_good(alice: User) -> None:
    terminal = register(alice, uuid4())

    services.revoke_terminal(terminal)

    with pytest.raises(TerminalRefused):
        register(alice, terminal.id)


def test_the_nil_id_is_the_servers(alice: User) -> None:
    with pytest.raises(TerminalRefused):
        register(alice, UUID(int=0))


@pytest.mark.parametrize("fields", [{"platform": "toaster"}, {"name": "x" * 65}, {"name": "a\nb"}])
def test_bad_fields_are_refused(alice: User, fields: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        register(alice, uuid4(), **fields)

    assert not Terminal.objects.for_tenant(alice.tenant_id).exists()


def test_at_the_bound_the_terminal_unseen_longest_makes_room(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminals, "MAX_TERMINALS", 2)
    made: list[Terminal] = [register(alice, uuid4()) for _ in range(2)]
    Terminal.unscoped.filter(pk=made[1].pk).update(last_seen_at=timezone.now() - timedelta(days=9))

    newest = register(alice, uuid4())

    kept = set(Terminal.objects.for_tenant(alice.tenant_id))
    assert kept == {made[0], newest}


def test_revoked_terminals_do_not_count_and_do_not_go(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminals, "MAX_TERMINALS", 1)
    revoked = register(alice, uuid4())
    services.revoke_terminal(revoked)

    current = register(alice, uuid4())

    assert set(Terminal.objects.for_tenant(alice.tenant_id)) == {revoked, current}
