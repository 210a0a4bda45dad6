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
from apps.events.publish import revoke_on_commit


def end_program(application: Any, *, user: User | None = None) -> int:
    """Take back every token and code that an application holds, of one user or of all; return how many tokens.

    The sessions of whoever is concerned are closed and have to show a token again; those of her other programs come
    back at once. Runs within the caller's transaction.
    """
    own = Q(application=application) if user is None else Q(application=application, user=user)
    get_grant_model().objects.filter(own).delete()
    refreshing = get_refresh_token_model().objects.filter(own, revoked__isnull=True)
    access = get_access_token_model().objects.filter(own)
    concerned = set(refreshing.values_list("user_id", flat=True)) | set(access.values_list("user_id", flat=True))
    count = int(refreshing.update(access_token=None, revoked=timezone.now()))
    count += int(access.count())
    access.delete()
    for user_id in concerned - {None}:
        revoke_on_commit(user_id)
    return count


def end_scopes(application: Any, gone: Collection[str], *, now: datetime) -> int:
    """End the access tokens that hold a scope which their program may not ask for any more; return how many.

    Refreshing gives narrower ones, unless nothing is left of what they were for. The sessions that the whole scope let
    in are closed. Runs within the caller's transaction; two queries at most.
    """
    if not gone:
        return 0
    held = rf"(^| )({'|'.join(re.escape(scope) for scope in sorted(gone))})( |$)"
    tokens = get_access_token_model().objects.filter(application=application, expires__gt=now, scope__regex=held)
    concerned = set(tokens.values_list("user_id", flat=True)) - {None} if SCOPE in gone else set()
    count = int(tokens.update(expires=now))
    for user_id in concerned:
        revoke_on_commit(user_id)
    return count
