"""Chains of tokens: what one sign-in of a person led to, ended together.

A chain is an access token and all that its refresh tokens were exchanged for. Its access tokens expire at once instead
of vanishing: so a terminal that comes back with one can still be told why it is shut out.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from oauth2_provider.models import get_access_token_model, get_refresh_token_model

from apps.accounts.models import TerminalToken, User
from apps.accounts.services.tokens import checksum_of
from apps.common.retry import run_in_transaction
from apps.common.wall.binding import unbound
from apps.events.publish import Why, revoke_on_commit


def end_chains_of(terminal_ids: Collection[UUID], *, now: datetime, but_shared: bool = False) -> None:
    """End the tokens that the terminals have signed in with, and forget which those were.

    `but_shared`: not those that other terminals, of the same program run twice, sign in with as well. Belongs into a
    transaction. Six queries.
    """
    links = TerminalToken.unscoped.filter(terminal_id__in=terminal_ids)
    _end(_unshared(links, terminal_ids) if but_shared else links, now=now)
    links.delete()


def forget_terminals(terminal_ids: Collection[UUID], *, now: datetime) -> None:
    """End the tokens of terminals whose rows made room for others: what is listed nowhere can't be taken back."""
    run_in_transaction(lambda: end_chains_of(terminal_ids, now=now, but_shared=True))


def trim_chains(terminal_id: UUID, *, keep: int, now: datetime) -> None:
    """End all but the newest tokens that a terminal has signed in with."""

    def trim() -> None:
        links = TerminalToken.unscoped.filter(terminal_id=terminal_id)
        oldest = TerminalToken.unscoped.filter(pk__in=[each.pk for each in links.order_by("-created_at", "-pk")[keep:]])
        _end(_unshared(oldest, [terminal_id]), now=now)
        oldest.delete()

    run_in_transaction(trim)


def end_chains(families: Collection[UUID], singles: Collection[int], *, now: datetime) -> None:
    """End the tokens of families, and single access tokens that nothing refreshes. Belongs into a transaction.

    Whose they are is locked first (`exchanges`): who is just exchanging one is waited for, and what she got is ended
    as well.
    """
    refresh = get_refresh_token_model().objects.filter(token_family__in=families)
    with unbound():
        people = User.unscoped.select_for_update(no_key=True).filter(pk__in=refresh.values("user_id"))
        list(people.order_by("pk").values_list("pk"))
    refresh.filter(revoked__isnull=True).update(revoked=now, updated=now)
    access = get_access_token_model().objects.filter(Q(pk__in=singles) | Q(refresh_token__token_family__in=families))
    # Without its source, the toolkit does not take a revoked refresh token for one whose answer got lost.
    access.filter(expires__gt=now).update(expires=now, source_refresh_token=None)


def end_chain_with(token: str, *, application: Any, now: datetime) -> None:
    """End the chain of a token as a program presents it, former or present, if it is that program's.

    Belongs into a transaction. Six queries at most; two where the token belongs to no chain.
    """
    rows = [_family_of(row) for row in _presented(token, application)]
    if families := {family for family in rows if family is not None}:
        end_chains(families, [], now=now)


def close_sessions_of(token: Any) -> None:
    """Once the transaction commits, close the sessions of terminals that signed in with a token that is taken back.

    `token` is a row of either kind, as it was before that. A terminal with another good token may come back at once.
    """
    if token.user_id is None:
        return
    for terminal_id in terminals_using(token):
        revoke_on_commit(token.user_id, terminal_id=terminal_id, why=Why.TOKEN)


def close_sessions_with(token: str, *, application: Any) -> None:
    """The same for a token as a program presents it, if it is that program's; of either kind. Two queries more."""
    for row in _presented(token, application):
        close_sessions_of(row)


def close_sessions_by(families: "QuerySet[Any]", singles: "QuerySet[Any]") -> None:
    """The same for all terminals that signed in with one of these chains, or of these access tokens. Two queries.

    Queries of one column each, answered while the rows are still there.
    """
    with unbound():  # a program of the installation is used by people of any tenant
        links = TerminalToken.unscoped.values_list("terminal__user_id", "terminal_id")
        found = {*links.filter(token_family__in=families), *links.filter(access_token_id__in=singles)}
    for user_id, terminal_id in sorted(found):
        revoke_on_commit(user_id, terminal_id=terminal_id, why=Why.TOKEN)


def terminals_using(token: Any) -> list[UUID]:
    """Return the terminals that signed in with a token, or with another one of its chain. At most two queries."""
    family = _family_of(token)
    used = Q(token_family=family) if family is not None else Q(access_token_id=_access_token_id(token))
    links = TerminalToken.unscoped.filter(used, terminal__user_id=token.user_id)
    return list(links.order_by("terminal_id").values_list("terminal_id", flat=True))


def _presented(token: str, application: Any) -> list[Any]:
    kept = {"token_checksum": checksum_of(token), "application": application}
    models = (get_access_token_model(), get_refresh_token_model())
    found = [model.objects.filter(**kept).order_by("-pk").first() for model in models]
    return [row for row in found if row is not None]


def _end(links: "QuerySet[TerminalToken]", *, now: datetime) -> None:
    ending = list(links.values_list("token_family", "access_token_id"))
    families = [family for family, _ in ending if family is not None]
    singles = [token_id for _, token_id in ending if token_id is not None]
    if ending:
        end_chains(families, singles, now=now)


def _unshared(links: "QuerySet[TerminalToken]", terminal_ids: Collection[UUID]) -> "QuerySet[TerminalToken]":
    others = TerminalToken.unscoped.exclude(terminal_id__in=terminal_ids)
    same_family = others.filter(token_family=OuterRef("token_family"))
    same_token = others.filter(access_token_id=OuterRef("access_token_id"))
    return links.exclude(Exists(same_family)).exclude(Exists(same_token))


def _family_of(token: Any) -> UUID | None:
    is_refresh = isinstance(token, get_refresh_token_model())
    family: UUID | None = getattr(token if is_refresh else getattr(token, "refresh_token", None), "token_family", None)
    return family


def _access_token_id(token: Any) -> int | None:
    found: int | None = token.access_token_id if isinstance(token, get_refresh_token_model()) else token.pk
    return found
