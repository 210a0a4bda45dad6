"""Bearer tokens for the REST API (RFC 6750), one-time tickets among them, and what they open.

In the `Authorization` header only.
"""

from collections.abc import Iterable
from typing import Final

from django.utils import timezone, translation
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.access.selectors import limit_powers
from apps.access.units import Unit
from apps.accounts.backends import bind_request
from apps.accounts.errors import ScopeInsufficient, TokenInvalid
from apps.accounts.models import User
from apps.accounts.policies import Access
from apps.accounts.services.service_accounts import own_rate_of
from apps.accounts.services.tickets import is_ticket, user_for_ticket
from apps.accounts.services.tokens import user_for_token
from apps.tenants.errors import WrongTenant
from apps.tenants.resolution import asked_for
from apps.tenants.services import SYSTEM_SLUG

MAX_TOKEN_CHARS: Final = 4096


class BearerAuthentication(BaseAuthentication):
    """Finds the user behind an access token, in one query, and answers in her language if she chose one."""

    def authenticate(self, request: Request) -> tuple[User, Access] | None:
        """Return the user, and what the token opens; None without a token. A one-time ticket is used up by it.

        Raises TokenInvalid, TicketSpent, or WrongTenant where the header names another tenant than hers.
        """
        scheme, _space, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if not token or len(token) > MAX_TOKEN_CHARS:
            raise TokenInvalid
        user, access = user_for_ticket(token, now=timezone.now()) if is_ticket(token) else user_for_token(token)
        admit(request, user, access)
        return user, access

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 says about the way to sign in."""
        return 'Bearer realm="imsite"'


class TokenReaches(BasePermission):
    """Lets a token ask an endpoint if it opens everything, or one of the units that the endpoint works by.

    A view names those units as `units`; one that names none is about the person herself, and needs the whole. That is
    the first of two gates: behind it, the program has no powers but those of its units (`limit_powers`).
    """

    def has_permission(self, request: Request, view: object) -> bool:
        """Return True. Raises ScopeInsufficient."""
        units: Iterable[Unit] = getattr(view, "units", ())
        if not isinstance(request.auth, Access) or not request.auth.reaches(unit.code for unit in units):
            raise ScopeInsufficient
        return True


def admit(request: Request, user: User, access: Access) -> None:
    """Let a request be what its token makes it: bound to the user's tenant, in her language, with its powers alone.

    Raises WrongTenant where the header names another tenant than hers.
    """
    asked = asked_for(request)
    if asked and user.tenant.slug not in {asked, SYSTEM_SLUG}:
        raise WrongTenant(slug=asked)
    bind_request(user)
    if not access.is_whole:
        limit_powers(user, access.scopes)
    if user.kind == User.Kind.SERVICE:
        user.own_requests_per_minute = own_rate_of(user)
    if user.locale:
        translation.activate(user.locale)


def actor_of(request: Request) -> User:
    """Return the user behind the request; views let nobody else through."""
    assert isinstance(request.user, User)  # noqa: S101 - IsAuthenticated lets nobody else through
    return request.user


def access_of(request: Request) -> Access:
    """Return what the token of the request opens; views behind this authentication let nobody in without one."""
    assert isinstance(request.auth, Access)  # noqa: S101 - IsAuthenticated lets nobody else through
    return request.auth
