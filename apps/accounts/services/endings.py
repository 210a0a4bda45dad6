"""Ending what programs began: their tokens and codes go, of one person or of everybody."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model

from apps.accounts.models import User
from apps.accounts.policies import SCOPE
from apps.accounts.services.chains import close_sessions_by


def end_program(application: Any, *, user: User | None = None) -> int:
    """Take back every token and code that an application holds, of one user or of all; return how many tokens.

    The sessions that came in with one are closed; a terminal that holds a token of another program may come back.
    Runs within the caller's transaction.
    """
    own = Q(application=application) if user is None else Q(application=application, user=user)
    get_grant_model().objects.filter(own).delete()
    refreshing = get_refresh_token_model().objects.filter(own, revoked__isnull=True)
    access = get_access_token_model().objects.filter(own)
    close_sessions_by(refreshing.values("token_family"), access.values("pk"))
    count = int(refreshing.update(access_token=None, revoked=timezone.now()))
    count += int(access.count())
    access.delete()
    return count


def end_scopes(application: Any, gone: Collection[str], *, now: datetime) -> int:
    """End the access tokens that hold a scope which their program may not ask for any more; return how many.

    Refreshing gives narrower ones, unless nothing is left of what they were for. The sessions that the whole scope let
    in are closed, also where their token has expired since. Runs within the caller's transaction; three queries.
    """
    if not gone:
        return 0
    held = rf"(^| )({'|'.join(re.escape(scope) for scope in sorted(gone))})( |$)"
    holding = get_access_token_model().objects.filter(application=application, scope__regex=held)
    if SCOPE in gone:
        renewable = get_refresh_token_model().objects.filter(access_token__in=holding, revoked__isnull=True)
        close_sessions_by(renewable.values("token_family"), holding.values("pk"))
    return int(holding.filter(expires__gt=now).update(expires=now))
