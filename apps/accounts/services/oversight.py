"""What administrators do about the programs and terminals of others. Every change is in the audit log.

It signs a person out, wherever she works. So it takes the power at every place of hers, and nobody does it to someone
who may do more than she may herself.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model
from oauth2_provider.models import get_access_token_model, get_refresh_token_model

from apps.access.errors import NotPermitted
from apps.access.locators import locator_of
from apps.access.scopes import Scope
from apps.access.selectors import powers_of
from apps.access.units import Unit
from apps.accounts.errors import UserNotFound
from apps.accounts.models import BrowserSession, Terminal, User
from apps.accounts.services.browser_sessions import end_sessions, told_of
from apps.accounts.services.chains import close_sessions_of
from apps.accounts.services.factors import remove_all
from apps.accounts.services.terminals import revoke_terminal
from apps.accounts.services.tokens import revoke_tokens
from apps.accounts.services.trail import note
from apps.accounts.units import FACTORS_RESET, TERMINALS_REVOKE, TOKENS_REVOKE
from apps.audit.services import Change, record
from apps.common.retry import run_in_transaction


def revoke_terminals(actor: User, *, terminal_ids: Sequence[UUID], now: datetime) -> int:
    """Revoke terminals, those that are revoked already left out; return how many. Raises NotPermitted."""

    def revoke() -> int:
        rows = Terminal.unscoped.select_for_update(of=("self",)).select_related("user")
        terminals = list(rows.filter(pk__in=terminal_ids, revoked_at__isnull=True).order_by("tenant_id", "pk"))
        for terminal in terminals:
            scope = _permitted(actor, TERMINALS_REVOKE, terminal, owner=terminal.user, now=now)
            revoke_terminal(terminal)
            _record(actor, scope, "accounts.terminal.revoked", terminal, owner=terminal.user, now=now)
        return len(terminals)

    return run_in_transaction(revoke)


def end_browsers(actor: User, *, browser_ids: Sequence[UUID], now: datetime) -> int:
    """Sign people's browsers out, those that are over already left out; return how many. Raises NotPermitted."""

    def end() -> int:
        rows = BrowserSession.unscoped.select_for_update(of=("self",)).select_related("user__tenant")
        found = list(rows.filter(pk__in=browser_ids).order_by("tenant_id", "pk"))
        for row in found:
            _permitted(actor, TERMINALS_REVOKE, row, owner=row.user, now=now)
            note("accounts.browser.ended", row.user, now=now, actor=actor, after=told_of(row))
        end_sessions([row.session_id for row in found])
        return len(found)

    return run_in_transaction(end)


def reset_factors(actor: User, *, user_id: UUID, now: datetime) -> None:
    """Take away the second factors that a person lost, and sign her out. Raises NotPermitted, UserNotFound."""

    def reset() -> None:
        user = User.unscoped.select_for_update(of=("self",)).filter(pk=user_id).first()
        if user is None:
            raise UserNotFound(user=str(user_id))
        _permitted(actor, FACTORS_RESET, user, owner=user, now=now)
        revoke_tokens(user)
        remove_all(user, actor=actor, now=now)

    run_in_transaction(reset)


def revoke_programs(actor: User, *, tokens: Sequence[Any], now: datetime) -> int:
    """Sign programs out: an access token goes together with its refresh token, and the other way round.

    `tokens` are rows of either kind; return how many there were. Raises NotPermitted.
    """

    def revoke() -> int:
        for token in sorted(tokens, key=_chain):
            scope = _permitted(actor, TOKENS_REVOKE, token, owner=token.user, now=now)
            _record(actor, scope, "accounts.token.revoked", token, owner=token.user, now=now)
            close_sessions_of(token)
            # From an access token to the refresh token that would get another one; that one takes both away.
            (getattr(token, "refresh_token", None) or token).revoke()
        return len(tokens)

    return run_in_transaction(revoke)


def _chain(token: Any) -> str:
    """Chains of the audit log are locked in one order by everybody."""
    return "" if token.user is None else token.user.tenant_id.hex


def _permitted(actor: User, unit: Unit, obj: Model, *, owner: User | None, now: datetime) -> Scope:
    """Return a scope of the row; she has the unit at all of them, and its owner no more power than she.

    Raises NotPermitted.
    """
    powers = powers_of(actor, now=now)
    scopes = locator_of(type(obj)).scopes_of(obj)
    for scope in scopes:
        powers.require(unit, scope)
    is_outranked = owner is not None and owner.pk != actor.pk and not powers.covers(powers_of(owner, now=now))
    if not scopes or is_outranked:
        raise NotPermitted(unit=unit.code)
    return scopes[0]


def _record(
    actor: User,
    scope: Scope,
    action: str,
    target: Model,
    *,
    owner: User | None,
    now: datetime,
    after: dict[str, Any] | None = None,
) -> None:
    is_token = isinstance(target, get_access_token_model() | get_refresh_token_model())
    record(
        Change(
            tenant_id=actor.tenant_id if owner is None else owner.tenant_id,
            actor_id=actor.id,
            actor_login=actor.login,
            scope=scope.path,
            action=action,
            kind=target._meta.model_name or "",
            target_id=str(target.pk),
            # What a token is, is never written anywhere.
            target_label=owner.login if is_token and owner is not None else str(target),
            after=after or {},
            at=now,
        )
    )
