"""Bearer tokens for the REST API (RFC 6750), in the `Authorization` header only."""

from typing import Final

from django.utils import translation
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from apps.accounts.backends import bind_request
from apps.accounts.errors import TokenInvalid
from apps.accounts.models import User
from apps.accounts.services.tokens import user_for_token
from apps.tenants.errors import WrongTenant
from apps.tenants.resolution import asked_for
from apps.tenants.services import SYSTEM_SLUG

MAX_TOKEN_CHARS: Final = 4096


class BearerAuthentication(BaseAuthentication):
    """Finds the user behind an access token, in one query, and answers in her language if she chose one."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Return the user; None without a token.

        Raises TokenInvalid, or WrongTenant where the header names another tenant than hers.
        """
        scheme, _space, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if not token or len(token) > MAX_TOKEN_CHARS:
            raise TokenInvalid
        user, _expires_ms = user_for_token(token)
        asked = asked_for(request)
        if asked and user.tenant.slug not in {asked, SYSTEM_SLUG}:
            raise WrongTenant(slug=asked)
        bind_request(user)
        if user.locale:
            translation.activate(user.locale)
        return user, None

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 says about the way to sign in."""
        return 'Bearer realm="imsite"'


def actor_of(request: Request) -> User:
    """Return the user behind the request; views let nobody else through."""
    assert isinstance(request.user, User)  # noqa: S101 - IsAuthenticated lets nobody else through
    return request.user
