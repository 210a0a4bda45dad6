"""Terminals: the installations of a client that a user signs in from, named and taken back.

The client makes the id and keeps it. It is unique across the installation: an id that someone else holds is refused
whoever that is. Terminals are made by the first sign-in from them (`session_sign_in`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from apps.accounts.errors import TerminalNotFound
from apps.accounts.models import Terminal, User
from apps.accounts.models.terminals import MAX_LABEL_CHARS
from apps.accounts.services.browser_sessions import end_browsers_of
from apps.accounts.services.chains import end_chains_of
from apps.accounts.services.trail import terminal_entry
from apps.audit.services import record_all
from apps.common.retry import run_in_transaction
from apps.common.text import clean_line
from apps.events.publish import revoke_on_commit


def rename_terminal(actor: User, *, terminal_id: UUID, label: str) -> Terminal:
    """Call one's own terminal something; "" goes back to what it calls itself.

    Raises InvalidInput, or TerminalNotFound when it is not hers or revoked.
    """
    chosen = clean_line(label, field="name", max_chars=MAX_LABEL_CHARS, required=False)

    def store() -> Terminal:
        terminal = _locked(actor, [terminal_id])[0]
        terminal.label = chosen
        terminal.save(update_fields=["label"])
        return terminal

    return run_in_transaction(store)


def revoke_own_terminal(actor: User, *, terminal_id: UUID, now: datetime) -> None:
    """Shut one's own terminal out, and all browser sessions. Raises TerminalNotFound when it is not hers or revoked."""

    def revoke() -> None:
        terminals = _locked(actor, [terminal_id])
        _revoke(actor, terminals, now=now)

    run_in_transaction(revoke)


def revoke_other_terminals(actor: User, *, keep: Collection[UUID], now: datetime) -> int:
    """Shut out all of one's own terminals but some, and all browser sessions; return how many terminals that were."""

    def revoke() -> int:
        own = Terminal.objects.for_tenant(actor.tenant_id).filter(user_id=actor.id, revoked_at__isnull=True)
        terminals = list(own.exclude(pk__in=keep).select_for_update().order_by("pk"))
        _revoke(actor, terminals, now=now)
        return len(terminals)

    return run_in_transaction(revoke)


def revoke_terminal(terminal: Terminal, *, now: datetime | None = None) -> None:
    """Refuse sign-ins from this terminal from now on, end its tokens, and close its open sessions.

    Whoever has it in hand has the browser on it as well, so the user's browser sessions end, too: the pages of her
    account, which would hand out new tokens.
    """
    moment = now or timezone.now()

    def store() -> None:
        terminal.revoked_at = moment
        terminal.save(update_fields=["revoked_at"])
        end_chains_of([terminal.id], now=moment)
        end_pages(terminal.user_id, tenant_id=terminal.tenant_id, now=moment)
        revoke_on_commit(terminal.user_id, terminal_id=terminal.id)

    run_in_transaction(store)


def end_pages(user_id: UUID, *, tenant_id: UUID, now: datetime) -> None:
    """End the browser sessions of a user's pages, the admin's too. A request that shall outlive that says so itself:
    `update_session_auth_hash`.
    """
    User.unscoped.filter(pk=user_id).update(pages_ended_at=now)
    end_browsers_of(user_id, tenant_id=tenant_id)


def _locked(actor: User, terminal_ids: Sequence[UUID]) -> list[Terminal]:
    own = Terminal.objects.for_tenant(actor.tenant_id).filter(user_id=actor.id, revoked_at__isnull=True)
    terminals = list(own.filter(pk__in=terminal_ids).select_for_update().order_by("pk"))
    if not terminals:
        raise TerminalNotFound(terminal=str(terminal_ids[0]))
    return terminals


def _revoke(actor: User, terminals: Sequence[Terminal], *, now: datetime) -> None:
    """Revoke the actor's own ones, and record that. Also where there are none: browser sessions end all the same."""
    for terminal in terminals:
        revoke_terminal(terminal, now=now)
    end_pages(actor.id, tenant_id=actor.tenant_id, now=now)
    actor.pages_ended_at = now
    record_all([terminal_entry("revoked", terminal, actor, now=now) for terminal in terminals])
