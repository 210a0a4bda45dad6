"""Terminals: the installations of a client that a user signs in from, and taking one back.

The client makes the id and keeps it. It is unique across the installation: an id that someone else holds is refused
whoever that is. Terminals are made by the first sign-in from them (`session_sign_in`).
"""

from django.utils import timezone

from apps.accounts.models import Terminal
from apps.common.retry import run_in_transaction
from apps.events.publish import revoke_on_commit


def revoke_terminal(terminal: Terminal) -> None:
    """Refuse sign-ins from this terminal from now on, and close its open sessions."""

    def store() -> None:
        terminal.revoked_at = timezone.now()
        terminal.save(update_fields=["revoked_at"])
        revoke_on_commit(terminal.user_id, terminal_id=terminal.id)

    run_in_transaction(store)
