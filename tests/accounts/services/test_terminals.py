"""Naming one's terminals and taking them back. That they can't sign in any more is tested where terminals sign in."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from apps.accounts import services
from apps.accounts.errors import TerminalNotFound
from apps.accounts.models import Terminal, User
from apps.accounts.services import terminals
from apps.accounts.services.terminals import rename_terminal, revoke_other_terminals, revoke_own_terminal
from apps.audit.models import Entry
from apps.common.errors import InvalidInput
from tests.accounts.terminals import is_alive, sign_in_chain, terminal_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[UUID, UUID]]:
    """Whose sessions of which terminals are closed."""
    closed: list[tuple[UUID, UUID]] = []
    monkeypatch.setattr(
        terminals, "revoke_on_commit", lambda user_id, terminal_id: closed.append((user_id, terminal_id))
    )
    return closed


def in_use(user: User) -> set[UUID]:
    rows = Terminal.objects.for_tenant(user.tenant_id).filter(user=user, revoked_at__isnull=True)
    return set(rows.values_list("pk", flat=True))


class TestRevoking:
    def test_is_stored_and_told_to_its_sessions(self, alice: User, told: list[Any]) -> None:
        terminal, other = terminal_of(alice), terminal_of(alice)

        services.revoke_terminal(terminal)

        assert in_use(alice) == {other.id}
        assert told == [(alice.id, terminal.id)]

    def test_ends_its_tokens_and_no_others(self, alice: User, told: list[Any]) -> None:
        terminal, other = terminal_of(alice), terminal_of(alice)
        lost, kept = sign_in_chain(alice, terminal), sign_in_chain(alice, other)

        services.revoke_terminal(terminal)

        assert (is_alive(lost), is_alive(kept)) == (False, True)

    def test_ends_browser_sessions_too_but_those_that_say_otherwise(self, alice: User, told: list[Any]) -> None:
        before = alice.get_session_auth_hash()

        services.revoke_terminal(terminal_of(alice))

        alice.refresh_from_db()
        assert alice.get_session_auth_hash() != before

    def test_ones_own_is_recorded(self, alice: User, told: list[Any]) -> None:
        terminal = terminal_of(alice)

        revoke_own_terminal(alice, terminal_id=terminal.id, now=NOW)

        entry = Entry.objects.for_tenant(alice.tenant_id).get()
        assert (entry.action, entry.actor_id, entry.target_id) == (
            "accounts.terminal.revoked",
            alice.id,
            str(terminal.id),
        )
        assert told == [(alice.id, terminal.id)]

    def test_all_others_at_once(self, alice: User, bob: User, told: list[Any]) -> None:
        kept, *others = (terminal_of(alice) for _ in range(3))
        his = terminal_of(bob)

        count = revoke_other_terminals(alice, keep={kept.id}, now=NOW)

        assert (count, in_use(alice), in_use(bob)) == (2, {kept.id}, {his.id})
        assert {terminal for _, terminal in told} == {each.id for each in others}

    def test_all_others_where_there_are_none_still_ends_browser_sessions(self, alice: User, told: list[Any]) -> None:
        before = alice.get_session_auth_hash()

        assert revoke_other_terminals(alice, keep=set(), now=NOW) == 0

        assert alice.get_session_auth_hash() != before
        assert not Entry.objects.for_tenant(alice.tenant_id).exists()


class TestNaming:
    def test_the_persons_name_for_it_stays(self, alice: User) -> None:
        terminal = terminal_of(alice)

        assert str(rename_terminal(alice, terminal_id=terminal.id, label=" Kitchen ")) == "Kitchen"

        terminal.refresh_from_db()
        assert (terminal.label, terminal.name) == ("Kitchen", "Desk")
        assert str(rename_terminal(alice, terminal_id=terminal.id, label="")) == "Linux Desk"

    @pytest.mark.parametrize("label", ["x" * 65, "a\nb"])
    def test_what_is_no_name_is_refused(self, alice: User, label: str) -> None:
        with pytest.raises(InvalidInput):
            rename_terminal(alice, terminal_id=terminal_of(alice).id, label=label)


def rename(actor: User, terminal_id: UUID) -> None:
    rename_terminal(actor, terminal_id=terminal_id, label="Mine")


def revoke(actor: User, terminal_id: UUID) -> None:
    revoke_own_terminal(actor, terminal_id=terminal_id, now=NOW)


@pytest.mark.parametrize("act", [rename, revoke])
class TestNotOnesOwn:
    @pytest.mark.parametrize("other", ["bob", "eve"])
    def test_of_a_colleague_or_of_another_tenant(
        self, act: Callable[[User, UUID], None], alice: User, bob: User, eve: User, other: str
    ) -> None:
        terminal = terminal_of({"bob": bob, "eve": eve}[other])

        with pytest.raises(TerminalNotFound):
            act(alice, terminal.id)

        terminal.refresh_from_db()
        assert (terminal.label, terminal.revoked_at) == ("", None)

    def test_revoked_or_never_seen(self, act: Callable[[User, UUID], None], alice: User) -> None:
        terminal = terminal_of(alice)
        Terminal.unscoped.filter(pk=terminal.pk).update(revoked_at=timezone.now())

        for terminal_id in (terminal.id, uuid4()):
            with pytest.raises(TerminalNotFound):
                act(alice, terminal_id)
