"""Terminals: the installations of a client that a user signs in from.

The client makes the id and keeps it. It is unique across the installation, so the one place that looks across tenants
is here: an id that someone else holds is refused whoever that is.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from apps.accounts.errors import TerminalRefused
from apps.accounts.models import Terminal
from apps.accounts.services.tokens import Principal
from apps.common.errors import InvalidInput
from apps.common.retry import run_in_transaction
from apps.common.text import clean_line
from apps.events.publish import revoke_on_commit

MAX_NAME_CHARS: Final = 64
MAX_TERMINALS: Final = 200
"""Per user; at the bound the ones seen longest ago make room. Revoked ones stay, or their ids would work again."""

SEEN_RESOLUTION: Final = timedelta(minutes=1)
"""`last_seen_at` is not written more often than this: reconnects of a whole company cost reads, not writes."""

NIL: Final = UUID(int=0)


def register_terminal(principal: Principal, *, terminal_id: UUID, platform: str, name: str = "") -> Terminal:
    """Return the user's terminal with this id, made at its first sign-in. One query when nothing changed.

    Raises InvalidInput for an unknown platform or a bad name, TerminalRefused when the id is the nil UUID, belongs to
    another user or was revoked.
    """
    if platform not in Terminal.Platform.values:
        raise InvalidInput(field="platform", reason=platform)
    if terminal_id == NIL:
        raise TerminalRefused
    label = clean_line(name, field="name", max_chars=MAX_NAME_CHARS, required=False)
    return run_in_transaction(lambda: _register(principal, terminal_id, platform, label))


def revoke_terminal(terminal: Terminal) -> None:
    """Refuse sign-ins from this terminal from now on, and close its open sessions."""

    def store() -> None:
        terminal.revoked_at = timezone.now()
        terminal.save(update_fields=["revoked_at"])
        revoke_on_commit(terminal.user_id, terminal_id=terminal.id)

    run_in_transaction(store)


def _register(principal: Principal, terminal_id: UUID, platform: str, name: str) -> Terminal:
    terminal = _find(terminal_id) or _insert(principal, terminal_id, platform, name)
    if terminal.user_id != principal.user_id or terminal.revoked_at is not None:
        raise TerminalRefused
    now = timezone.now()
    if (terminal.platform, terminal.name) != (platform, name) or now - terminal.last_seen_at > SEEN_RESOLUTION:
        terminal.platform, terminal.name, terminal.last_seen_at = platform, name, now
        terminal.save(update_fields=["platform", "name", "last_seen_at"])
    return terminal


def _find(terminal_id: UUID) -> Terminal | None:
    found: Terminal | None = Terminal.unscoped.filter(pk=terminal_id).first()
    return found


def _insert(principal: Principal, terminal_id: UUID, platform: str, name: str) -> Terminal:
    terminal = Terminal(
        id=terminal_id,
        tenant_id=principal.tenant_id,
        user_id=principal.user_id,
        platform=platform,
        name=name,
        last_seen_at=timezone.now(),
    )
    Terminal.unscoped.bulk_create([terminal], ignore_conflicts=True)
    _make_room(principal)
    stored: Terminal = Terminal.unscoped.get(pk=terminal_id)
    return stored


def _make_room(principal: Principal) -> None:
    own = Terminal.objects.for_tenant(principal.tenant_id).filter(user_id=principal.user_id, revoked_at__isnull=True)
    surplus = own.order_by("-last_seen_at", "-created_at", "id").values_list("id", flat=True)[MAX_TERMINALS:]
    if ids := list(surplus):
        own.filter(pk__in=ids).delete()
