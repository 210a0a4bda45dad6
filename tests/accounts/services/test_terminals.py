"""Taking a terminal back. That it can't sign in any more is tested where terminals sign in."""

from typing import Any

from apps.accounts import services
from apps.accounts.models import User
from apps.accounts.services import terminals
from tests.accounts.terminals import terminal_of


def test_revoking_is_stored_and_told_to_its_sessions(alice: User, monkeypatch: Any) -> None:
    told: list[Any] = []
    monkeypatch.setattr(terminals, "revoke_on_commit", lambda user_id, terminal_id: told.append((user_id, terminal_id)))
    terminal, other = terminal_of(alice), terminal_of(alice)

    services.revoke_terminal(terminal)

    terminal.refresh_from_db()
    other.refresh_from_db()
    assert terminal.revoked_at is not None
    assert other.revoked_at is None
    assert told == [(alice.id, terminal.id)]
