"""Chains of tokens end together, also while one of them is being exchanged."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_refresh_token_model

from apps.accounts.models import TerminalToken, User
from apps.accounts.services import chains
from apps.accounts.services.chains import (
    close_sessions_of,
    close_sessions_with,
    end_chains_of,
    forget_terminals,
    terminals_using,
    trim_chains,
)
from apps.events.publish import Why
from tests.accounts.terminals import access_token_of, is_alive, sign_in_chain, terminal_of
from tests.rest_client import issue_token


def rotated(token: str) -> Any:
    """Exchange the refresh token of a chain, as the toolkit does, and return the new access token's row."""
    former = access_token_of(token)
    refresh = former.refresh_token
    access = get_access_token_model().objects.create(
        user=former.user,
        application=former.application,
        scope="im",
        expires=timezone.now() + timedelta(hours=1),
        token=f"next of {token}",
        source_refresh_token=refresh,
    )
    get_refresh_token_model().objects.create(
        user=former.user,
        application=former.application,
        token=f"next refresh of {token}",
        access_token=access,
        token_family=refresh.token_family,
    )
    refresh.revoke()
    return access


def test_what_a_token_was_exchanged_for_ends_with_the_terminal(alice: User) -> None:
    terminal = terminal_of(alice)
    access = rotated(sign_in_chain(alice, terminal))

    end_chains_of([terminal.id], now=timezone.now())

    access.refresh_from_db()
    assert access.is_expired()
    assert access.source_refresh_token is None  # or the toolkit would take the old one for a lost answer's
    assert not get_refresh_token_model().objects.filter(revoked__isnull=True).exists()
    assert not TerminalToken.unscoped.exists()


def test_a_single_token_ends_and_others_of_the_person_do_not(alice: User) -> None:
    terminal, single, other = terminal_of(alice), issue_token(alice), issue_token(alice)
    row = access_token_of(single)
    TerminalToken.unscoped.create(tenant=alice.tenant, terminal=terminal, access_token_id=row.pk)

    end_chains_of([terminal.id], now=timezone.now())

    assert (is_alive(single), is_alive(other)) == (False, True)


@pytest.mark.parametrize(("but_shared", "stays"), [(True, True), (False, False)])
def test_what_another_terminal_uses_as_well_may_be_spared(alice: User, but_shared: bool, stays: bool) -> None:
    terminal, twin = terminal_of(alice), terminal_of(alice)
    shared, own = sign_in_chain(alice, terminal), sign_in_chain(alice, terminal)
    family = access_token_of(shared).refresh_token.token_family
    TerminalToken.unscoped.create(tenant=alice.tenant, terminal=twin, token_family=family)

    end_chains_of([terminal.id], now=timezone.now(), but_shared=but_shared)

    assert (is_alive(shared), is_alive(own)) == (stays, False)


def test_terminals_that_make_room_take_along_what_only_they_used(alice: User) -> None:
    terminal = terminal_of(alice)
    token = sign_in_chain(alice, terminal)
    terminal_id = terminal.id
    type(terminal).unscoped.filter(pk=terminal_id)._raw_delete("default")

    forget_terminals([terminal_id], now=timezone.now())

    assert not is_alive(token)


def test_beyond_the_bound_the_oldest_end(alice: User) -> None:
    terminal = terminal_of(alice)
    tokens = [sign_in_chain(alice, terminal) for _ in range(4)]

    trim_chains(terminal.id, keep=3, now=timezone.now())
    trim_chains(terminal.id, keep=3, now=timezone.now())

    assert [is_alive(token) for token in tokens] == [False, True, True, True]


class TestClosingSessions:
    @pytest.fixture
    def closed(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        told: list[Any] = []
        monkeypatch.setattr(chains, "revoke_on_commit", lambda user_id, **fields: told.append((user_id, fields)))
        return told

    def test_of_the_terminals_that_use_the_chain(self, alice: User, closed: list[Any]) -> None:
        terminal, _other = terminal_of(alice), sign_in_chain(alice, terminal_of(alice))
        token = access_token_of(sign_in_chain(alice, terminal))

        close_sessions_of(token)
        close_sessions_of(token.refresh_token)

        assert closed == [(alice.id, {"terminal_id": terminal.id, "why": Why.TOKEN})] * 2

    def test_of_the_terminals_that_use_a_single_token(self, alice: User, closed: list[Any]) -> None:
        terminal, token = terminal_of(alice), access_token_of(issue_token(alice))
        TerminalToken.unscoped.create(tenant=alice.tenant, terminal=terminal, access_token_id=token.pk)

        assert terminals_using(token) == [terminal.id]

    def test_of_a_token_as_its_program_presents_it_and_no_other_program(self, alice: User, closed: list[Any]) -> None:
        terminal = terminal_of(alice)
        token = sign_in_chain(alice, terminal)
        program = access_token_of(token).application
        other = type(program).objects.exclude(pk=program.pk).first()

        close_sessions_with(token, application=other)
        assert closed == []
        for presented in (token, f"refresh {token}", "unknown"):
            close_sessions_with(presented, application=program)

        assert closed == [(alice.id, {"terminal_id": terminal.id, "why": Why.TOKEN})] * 2

    def test_of_one_that_its_program_takes_back_at_the_endpoint(
        self, alice: User, client: Client, closed: list[Any]
    ) -> None:
        terminal = terminal_of(alice)
        token = sign_in_chain(alice, terminal)

        answer = client.post("/oauth/revoke_token/", {"token": token, "client_id": "imsite-cli"})

        assert (answer.status_code, [fields["terminal_id"] for _, fields in closed]) == (200, [terminal.id])

    def test_of_nobody_where_nobody_stands_behind_the_token(self, alice: User, closed: list[Any]) -> None:
        token = access_token_of(issue_token(alice))
        token.user = None

        close_sessions_of(token)

        assert closed == []

    def test_of_nobody_for_a_refresh_token_without_a_family(self, alice: User, closed: list[Any]) -> None:
        token = access_token_of(sign_in_chain(alice, terminal_of(alice))).refresh_token
        token.token_family = None

        close_sessions_of(token)

        assert closed == []
