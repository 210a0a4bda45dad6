"""Noticing that a token or a code was stolen, and telling the person: what is good once was shown twice.

Its chain has ended by then (RFC 9700 §4.14.2, §4.5). Who was first, she or the thief, nobody can tell; the log
says it, and she reads it there.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from oauth2_provider.models import get_refresh_token_model

from apps.accounts.services.tokens import checksum_of
from apps.accounts.services.trail import note
from apps.common.retry import run_in_transaction
from apps.common.wall.binding import unbound


def living(family: UUID | None) -> Any:
    """Return a token of this chain that is still good for something; None where there is none. One query."""
    tokens = get_refresh_token_model().objects.select_related("user__tenant", "application")
    good = tokens.filter(token_family=family, revoked__isnull=True, access_token__isnull=False)
    return None if family is None else good.order_by("pk").first()


def at_stake(refresh_token: str) -> Any:
    """Return a good token of the chain that a refresh token was good for once, if it is no more. Two queries at most.

    Ask it before the token is judged: afterwards nothing of the chain is good.
    """
    former = get_refresh_token_model().objects.filter(token_checksum=checksum_of(refresh_token))
    last = former.order_by(F("revoked").desc(nulls_first=True)).values_list("revoked", "token_family").first()
    return None if last is None or last[0] is None else living(last[1])


def tell_if_ended(token: Any, *, now: datetime) -> None:
    """Tell the person of a token that was good a moment ago, if it is no more: somebody showed a former one."""
    if token is None or living(token.token_family) is not None:
        return

    def tell() -> None:
        after = {"program": str(token.application), "client_id": token.application.client_id}
        note("accounts.token.reused", token.user, now=now, is_anonymous=True, after=after)

    with unbound():
        run_in_transaction(tell)
