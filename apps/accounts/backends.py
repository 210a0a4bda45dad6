"""Password sign-in against our own users, for Django, the admin and OAuth2 alike.

The guard against guessing sits here, and the bound on how many passwords are checked at once, so no door can be
forgotten; a door that wants to say clearly that the guard keeps it shut asks the guard itself beforehand.
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from apps.access.selectors import powers_of
from apps.access.units import admin_permissions
from apps.accounts.errors import SignInLimited
from apps.accounts.models import User
from apps.accounts.services.hashing import slots
from apps.accounts.services.sign_in import guard
from apps.common.wall.binding import bind
from apps.tenants.resolution import NamedTenant, belongs, full_login, named_tenant
from apps.tenants.services import SYSTEM_SLUG


class TenantBackend(ModelBackend):
    """Finds users as Django's own backend does, but never holds a database connection while it checks a password."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user with this sign-in name and password. Too many failures look like a wrong password.

        Raises SignInBusy when too many sign in at the same time.
        """
        login = sign_in_name(request, username or kwargs.get("login") or "")
        if not login or password is None or "\0" in login:
            return None
        address = client_address(request)
        try:
            guard.check(login=login, address=address)
        except SignInLimited as error:
            raise PermissionDenied(error.text) from error
        user = self._verified(login, password, named_tenant(request))
        if user is None:
            guard.note_failure(login=login, address=address)
        else:
            guard.note_success(login=login, address=address)
        return user

    def get_user(self, user_id: Any) -> User | None:
        """Return the user of a session, to whose tenant the request is bound from now on."""
        user = super().get_user(user_id)
        if not isinstance(user, User):
            return None
        bind_request(user)
        return user

    def user_can_authenticate(self, user: Any) -> bool:
        """Only active people of active tenants may sign in. Service accounts have client credentials instead."""
        return super().user_can_authenticate(user) and bool(user.tenant.is_active) and user.kind == User.Kind.PERSON

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the names of Django's permissions that her powers amount to, at whatever scope. One query per object.

        Which rows that means is the page's business; powers over single objects are asked of `Powers` itself. Django's
        own groups and permissions count for nothing.
        """
        if obj is not None or not isinstance(user_obj, User):
            return set()
        known: set[str] | None = getattr(user_obj, "_permissions_by_powers", None)
        if known is None:
            powers = powers_of(user_obj, now=timezone.now())
            units = admin_permissions().items()
            known = {f"{app}.{action}_{model}" for (app, model, action), unit in units if powers.scopes(unit)}
            user_obj._permissions_by_powers = known  # type: ignore[attr-defined]  # as Django keeps its own there
        return known

    def _verified(self, login: str, password: str, asked: NamedTenant | None) -> User | None:
        """Return the user if the password is right. An unknown name takes as long as a wrong password.

        So does one of another tenant than the one whose address this is.
        """
        user: User | None = None
        if belongs(login, asked):
            user = User.unscoped.select_related("tenant").filter(login=login).first()
        _give_back_connection()
        with slots.turn():
            if user is None:
                User().set_password(password)
                return None
            is_right = user.check_password(password)
        return user if is_right and self.user_can_authenticate(user) else None


def bind_request(user: User) -> None:
    """Let the request that runs here see the rows of the user's tenant only, unless she is of those who run it all."""
    if not user.is_superuser and user.tenant.slug != SYSTEM_SLUG:
        bind(user.tenant_id)


def sign_in_name(request: HttpRequest | None, typed: str) -> str:
    """Return the full sign-in name: with the tenant that the request's address stands for, unless it names one itself.

    Raises TenantNotFound or TenantConflict.
    """
    return full_login(typed, named_tenant(request))


def client_address(request: HttpRequest | None) -> str:
    """Return the address of the peer. Headers that a client can forge are not believed; a server's proxy support is."""
    return "" if request is None else str(request.META.get("REMOTE_ADDR") or "")


def _give_back_connection() -> None:
    """Let others have it: waiting and hashing take longer than all queries of a sign-in together."""
    if not connection.in_atomic_block:
        connection.close()
