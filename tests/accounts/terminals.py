"""Terminals as a first sign-in makes them, and the tokens it makes them with."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_refresh_token_model, set_token_value

from apps.accounts.models import Terminal, TerminalToken, User
from apps.accounts.services.tokens import checksum_of
from tests.rest_client import issue_token


def terminal_of(user: User) -> Terminal:
    """A terminal of the user, seen just now."""
    made: Terminal = Terminal.unscoped.create(
        id=uuid4(), tenant=user.tenant, user=user, platform="linux", name="Desk", last_seen_at=timezone.now()
    )
    return made


def sign_in_chain(user: User, terminal: Terminal, *, lifetime: timedelta = timedelta(hours=1)) -> str:
    """Let a terminal have signed in with a new chain: an access token, returned, that a refresh token can renew."""
    token = issue_token(user, lifetime=lifetime)
    access = get_access_token_model().objects.get(token_checksum=checksum_of(token))
    refresh = get_refresh_token_model()(
        user=user, application=access.application, access_token=access, token_family=uuid4()
    )
    set_token_value(refresh, f"refresh {token}")
    refresh.save()
    TerminalToken.unscoped.create(tenant=user.tenant, terminal=terminal, token_family=refresh.token_family)
    return token


def access_token_of(token: str) -> Any:
    """The row of an access token."""
    return get_access_token_model().objects.get(token_checksum=checksum_of(token))


def is_alive(token: str) -> bool:
    """Whether an access token still works, or its refresh token would get another one."""
    access = access_token_of(token)
    refresh = get_refresh_token_model().objects.filter(access_token=access, revoked__isnull=True)
    return bool(access.expires > timezone.now()) or refresh.exists()
