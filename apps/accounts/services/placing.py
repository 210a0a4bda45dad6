"""Places of terminals: where a tenant bounds how many of a platform a person has at a time, the newest ones stay.

Whoever signs in gets a place, and who was used longest ago makes room: its tokens end, its sessions are closed, and it
is told why, then or when it comes back. The person's row is locked meanwhile, so two who arrive at the same time, at
two nodes, do it one after the other, and the later one counts. Not here: whether somebody may sign in at all.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from apps.accounts.models import Terminal, User
from apps.accounts.services.chains import end_chains_of
from apps.accounts.services.trail import terminal_entry
from apps.audit.services import record_all
from apps.common.clock import to_ms
from apps.common.retry import run_in_transaction
from apps.events.publish import Why, revoke_on_commit
from apps.tenants.preferences import read_preferences


class Newcomer(NamedTuple):
    """A terminal that signs in and wants a place, under the platform it says now."""

    user_id: UUID
    terminal_id: UUID
    platform: str


def take_places(newcomers: Sequence[Newcomer], *, now: datetime) -> None:
    """Give each of them a place, in the order they came. A transaction each; a terminal that is gone gets none."""
    for newcomer in newcomers:
        run_in_transaction(lambda newcomer=newcomer: _take_place(newcomer, now))  # type: ignore[misc]  # bound now


def _take_place(newcomer: Newcomer, now: datetime) -> None:
    users = User.unscoped.select_for_update(of=("self",), no_key=True).select_related("tenant")
    user = users.get(pk=newcomer.user_id)
    bounds = read_preferences(user.tenant.settings).terminals.per_platform
    in_use = Terminal.objects.for_tenant(user.tenant_id).filter(user_id=user.id, revoked_at__isnull=True)
    terminal = in_use.filter(pk=newcomer.terminal_id).first()
    if terminal is None:
        return
    terminal.platform, terminal.last_seen_at = newcomer.platform, max(now, terminal.last_seen_at)
    terminal.displaced_at, terminal.displaced_by = None, ""
    terminal.save(update_fields=["platform", "last_seen_at", "displaced_at", "displaced_by"])
    bound = bounds.get(newcomer.platform)  # type: ignore[call-overload]  # the platforms of both are the same words
    if bound is None:
        return
    others = in_use.filter(platform=newcomer.platform, displaced_at__isnull=True).exclude(pk=terminal.pk)
    leaving = list(others.order_by("-last_seen_at", "-created_at", "id")[bound - 1 :])
    if leaving:
        _displace(leaving, terminal, user=user, now=now)


def _displace(leaving: Sequence[Terminal], terminal: Terminal, *, user: User, now: datetime) -> None:
    name = terminal.label or terminal.name or terminal.platform
    for each in leaving:
        each.displaced_at, each.displaced_by = now, name
        each.save(update_fields=["displaced_at", "displaced_by"])
        details: dict[str, str | int] = {"platform": each.platform, "name": name, "at": to_ms(now)}
        revoke_on_commit(user.id, terminal_id=each.id, why=Why.DISPLACED, details=details)
    end_chains_of([each.id for each in leaving], now=now, but_shared=True)
    by = {"by": str(terminal.id)}
    record_all([terminal_entry("displaced", each, user, now=now, after=by) for each in leaving])
