"""Terminals as rows."""

from uuid import UUID

import pytest
from django.db import IntegrityError

from apps.accounts.models import Terminal, TerminalToken, User
from tests.accounts.terminals import terminal_of


def test_a_terminal_is_known_by_platform_and_name() -> None:
    assert str(Terminal(platform="ios", name="Phone")) == "iOS Phone"
    assert str(Terminal(platform="linux")) == "Linux"


def test_what_the_person_calls_it_goes_first() -> None:
    assert str(Terminal(platform="ios", name="Phone", label="Old phone")) == "Old phone"


def test_a_chain_of_tokens_is_a_family_or_a_single_token() -> None:
    family = UUID(int=7)

    assert str(TerminalToken(terminal_id=UUID(int=1), token_family=family)) == f"{UUID(int=1)} {family}"
    assert str(TerminalToken(terminal_id=UUID(int=1), access_token_id=9)) == f"{UUID(int=1)} 9"


@pytest.mark.parametrize("fields", [{}, {"token_family": UUID(int=7), "access_token_id": 9}], ids=str)
def test_the_database_holds_no_chain_that_is_neither(alice: User, fields: dict[str, object]) -> None:
    terminal = terminal_of(alice)

    with pytest.raises(IntegrityError):
        TerminalToken.unscoped.create(tenant_id=alice.tenant_id, terminal=terminal, **fields)
