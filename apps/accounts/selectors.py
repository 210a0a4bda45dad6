"""Reading users. Everything is about one tenant, and only active users can be found."""

from collections.abc import Collection
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet
from oauth2_provider.models import get_refresh_token_model

from apps.accounts.errors import UserNotFound
from apps.accounts.models import Terminal, TerminalToken, User
from apps.common.prefixes import NOTHING
from apps.common.search import wanted

MAX_LISTED: Final = 200
"""Terminals of one person that are listed; sign-in keeps no more of them."""
MAX_SHUT_OUT: Final = 10_000
"""Of each kind; of more, the earlier ones end by the word that they were told, or with their tokens."""


class ShutOut(NamedTuple):
    """Who may not stay, and since when: users, and terminals with whose they are."""

    users: dict[UUID, datetime]
    terminals: dict[UUID, tuple[UUID, datetime]]


def get_user(tenant_id: UUID, user_id: UUID) -> User:
    """Return one active user of the tenant. Raises UserNotFound. One query."""
    user = _active(tenant_id).filter(pk=user_id).first()
    if user is None:
        raise UserNotFound(user=str(user_id))
    return user


def search_users(tenant_id: UUID, *, text: str) -> QuerySet[User]:
    """Return the active users found by `text` (all where there is none), by display name, then id."""
    return _active(tenant_id).filter(named(text)).order_by("display_name", "id")


def named(text: str) -> Q:
    """Return the condition that a user is found by what somebody typed of her names; nothing typed finds everyone.

    See `apps.common.search` for what finds whom. The index of grams answers it; where row-level security binds, no
    index can, so callers ask unbound (`apps.common.wall`).
    """
    asked = wanted(text)
    if not asked.needles:
        return NOTHING if text.strip() else Q()
    found = Q(search_grams__contains=list(asked.grams))
    for needle in asked.needles:
        found &= Q(search_text__contains=needle)
    return found


def owns_terminal(user: User, terminal_id: UUID) -> bool:
    """Tell whether the user may send from this terminal: it is registered as hers and not revoked. One query."""
    own = Terminal.objects.for_tenant(user.tenant_id).filter(user_id=user.id, revoked_at__isnull=True)
    return own.filter(pk=terminal_id).exists()


def terminals_of(user: User) -> list[Terminal]:
    """Return the user's terminals that are not revoked, the last used first. One query, at most 200 rows."""
    own = Terminal.objects.for_tenant(user.tenant_id).filter(user_id=user.id, revoked_at__isnull=True)
    return list(own.order_by("-last_seen_at", "id")[:MAX_LISTED])


def terminals_of_token(user: User, access_token_id: int) -> set[UUID]:
    """Return the user's terminals that signed in with an access token or with another one of its chain. One query."""
    family = get_refresh_token_model().objects.filter(access_token_id=access_token_id).values("token_family")
    used = Q(access_token_id=access_token_id) | Q(token_family__in=family)
    links = TerminalToken.objects.for_tenant(user.tenant_id).filter(used, terminal__user_id=user.id)
    return set(links.values_list("terminal_id", flat=True))


def shut_out(
    tenant_id: UUID, *, users: Collection[UUID], terminals: Collection[UUID], since: datetime
) -> tuple[set[UUID], set[UUID]]:
    """Return those of the users who may not sign in or were signed out at or after `since`, and the revoked terminals.

    Two queries, by primary keys.
    """
    of_tenant = User.objects.for_tenant(tenant_id).filter(pk__in=users)
    gone = of_tenant.filter(Q(is_active=False) | Q(signed_out_at__gte=since))
    revoked = Terminal.objects.for_tenant(tenant_id).filter(pk__in=terminals, revoked_at__isnull=False)
    return set(gone.values_list("pk", flat=True)), set(revoked.values_list("pk", flat=True))


def shut_out_since(since: datetime) -> ShutOut:
    """Return who was signed out at or after `since`, and which terminals may not stay since then: of all tenants.

    Three queries, each by an index; at most MAX_SHUT_OUT rows each, the latest.
    """
    users = User.unscoped.filter(signed_out_at__gte=since).order_by("-signed_out_at", "pk")
    revoked = Terminal.unscoped.filter(revoked_at__gte=since).order_by("-revoked_at", "pk")
    displaced = Terminal.unscoped.filter(displaced_at__gte=since).order_by("-displaced_at", "pk")
    terminals = chain(
        revoked.values_list("pk", "user_id", "revoked_at")[:MAX_SHUT_OUT],
        displaced.values_list("pk", "user_id", "displaced_at")[:MAX_SHUT_OUT],
    )
    return ShutOut(
        {key: at for key, at in users.values_list("pk", "signed_out_at")[:MAX_SHUT_OUT] if at is not None},
        {key: (user_id, at) for key, user_id, at in terminals if at is not None},
    )


def _active(tenant_id: UUID) -> QuerySet[User]:
    return User.objects.for_tenant(tenant_id).filter(is_active=True)
