"""What of accounts has expired, whoever's it was: rows that nobody can use any more and nobody has to recognise.

For the toolkit's rows the conditions are those of its own `cleartokens`, which deletes them without a bound in time.
Not here: deleting them (`apps.jobs.sweeping`), and when (`apps.accounts.tasks`).
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from oauth2_provider.models import (
    get_access_token_model,
    get_grant_model,
    get_id_token_model,
    get_refresh_token_model,
)
from oauth2_provider.settings import oauth2_settings

from apps.accounts.models import FailedProofs, IssuedCode, PasswordReset, SpentTicket, TerminalToken
from apps.accounts.services import codes, lockout, tickets
from apps.common.models import ANSWERS_KEPT_FOR, KeptAnswer

Rows = QuerySet[Any]


def expired_tokens(now: datetime) -> list[Rows]:
    """Return the tokens, codes and tickets that have expired, in the order in which they may go.

    A refresh token that was used is kept for as long as it could have lived: until then it is recognised as stolen
    when it is shown again (RFC 9700 §4.14.2).
    """
    refresh, access = get_refresh_token_model().objects.all(), get_access_token_model().objects.all()
    oldest = now - timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
    return [
        refresh.filter(revoked__lte=oldest).order_by("pk"),
        refresh.filter(revoked__isnull=True, access_token__isnull=True).order_by("pk"),
        refresh.filter(revoked__isnull=True, access_token__expires__lte=oldest).order_by("pk"),
        access.filter(refresh_token__isnull=True, expires__lt=now).order_by("pk"),
        get_id_token_model().objects.filter(access_token__isnull=True, expires__lt=now).order_by("pk"),
        get_grant_model().objects.filter(expires__lt=now).order_by("pk"),
        IssuedCode.unscoped.filter(issued_at__lt=now - codes.REMEMBERED).order_by("issued_at", "pk"),
        SpentTicket.unscoped.filter(expires_at__lt=now - tickets.REMEMBERED).order_by("expires_at", "pk"),
        _links_to_nothing(),
    ]


def expired_traces(now: datetime) -> list[Rows]:
    """Return the sessions of browsers, links by mail, failed tries and kept answers whose time is over."""
    forgiven = now - lockout.FORGET_AFTER - lockout.LONGEST_WAIT
    return [
        Session.objects.filter(expire_date__lt=now).order_by("expire_date", "pk"),
        PasswordReset.unscoped.filter(expires_at__lt=now).order_by("expires_at", "pk"),
        FailedProofs.objects.filter(last_at__lt=forgiven).order_by("last_at", "pk"),
        KeptAnswer.unscoped.filter(created_at__lt=now - ANSWERS_KEPT_FOR).order_by("created_at", "pk"),
    ]


def _links_to_nothing() -> Rows:
    """Return what terminals signed in with of which no token is left."""
    family = get_refresh_token_model().objects.filter(token_family=OuterRef("token_family"))
    single = get_access_token_model().objects.filter(pk=OuterRef("access_token_id"))
    return TerminalToken.unscoped.filter(~Exists(family), ~Exists(single)).order_by("pk")
