"""Password sign-in against our own users, for Django, the admin and OAuth2 alike.

The guard against guessing sits here, so no door can be forgotten; a door that wants to say so clearly asks the guard
itself beforehand.
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from apps.accounts.errors import SignInLimited
from apps.accounts.models import User
from apps.accounts.services.sign_in import guard


class TenantBackend(ModelBackend):
    """Django's own backend (constant-time for unknown names), which also refuses users of a suspended tenant."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user with this sign-in name and password. Too many failures look like a wrong password."""
        login = username or kwargs.get("login") or ""
        if not login or password is None or "\0" in login:
            return None
        address = client_address(request)
        try:
            guard.check(login=login, address=address)
        except SignInLimited as error:
            raise PermissionDenied(error.text) from error
        user = super().authenticate(request, username=login, password=password)
        if user is None:
            guard.note_failure(login=login, address=address)
        else:
            guard.note_success(login=login, address=address)
        return user

    def user_can_authenticate(self, user: Any) -> bool:
        """Only active users of active tenants may sign in."""
        return super().user_can_authenticate(user) and bool(user.tenant.is_active)


def client_address(request: HttpRequest | None) -> str:
    """Return the address of the peer. Headers that a client can forge are not believed; a server's proxy support is."""
    return "" if request is None else str(request.META.get("REMOTE_ADDR") or "")
