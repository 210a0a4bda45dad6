"""What the audit log says about people's accounts: sign-ins, failures, and what they prove themselves with.

The target is the person, so her own page finds the entries (`services.happenings`), or a terminal of hers.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.access.locators import locator_of
from apps.access.scopes import tenant_scope
from apps.accounts.models import Terminal, User
from apps.audit.services import Change, record


def note(
    action: str,
    user: User,
    *,
    now: datetime,
    actor: User | None = None,
    is_anonymous: bool = False,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Record something about a person; she did it herself unless `actor` did, or nobody knows who (`is_anonymous`).

    Call it in the transaction of the change, as its last step.
    """
    by = None if is_anonymous else actor or user
    scopes = locator_of(User).scopes_of(user)
    record(
        Change(
            tenant_id=user.tenant_id,
            actor_id=None if by is None else by.id,
            actor_login="" if by is None else by.login,
            scope=(scopes[0] if scopes else tenant_scope(user.tenant_id)).path,
            action=action,
            kind="user",
            target_id=str(user.pk),
            target_label=user.login,
            after=dict(after or {}),
            at=now,
        )
    )


def terminal_entry(
    verb: str, terminal: Terminal, user: User, *, now: datetime, after: Mapping[str, Any] | None = None
) -> Change:
    """Return the entry about a terminal of a person, who did it herself."""
    return Change(
        tenant_id=user.tenant_id,
        actor_id=user.id,
        actor_login=user.login,
        scope=tenant_scope(user.tenant_id).path,
        action=f"accounts.terminal.{verb}",
        kind="terminal",
        target_id=terminal.id,
        target_label=str(terminal),
        after=after or {},
        at=now,
    )
