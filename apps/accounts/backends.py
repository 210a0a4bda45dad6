"""Password sign-in for Django, the admin and OAuth2 alike: against what other apps ask (`ways`), then our own users.

The guard against guessing sits here, and the bound on how many passwords are checked at once, so no door can be
forgotten; a door that wants to say clearly that the guard keeps it shut asks the guard itself beforehand.
"""

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from apps.access.selectors import powers_of
from apps.access.units import admin_permissions
from apps.accounts.models import User
from apps.accounts.services import known_browsers, lockout, trail
from apps.accounts.services.afterwards import do_afterwards
from apps.accounts.services.hashing import slots
from apps.accounts.services.sign_in import guard
from apps.accounts.ways import prove_elsewhere
from apps.common.retry import run_in_transaction
from apps.common.wall.binding import bind, unbound
from apps.tenants.models import Tenant
from apps.tenants.preferences import SignInPolicy, read_preferences
from apps.tenants.resolution import NamedTenant, belongs, full_login, named_tenant
from apps.tenants.services import SYSTEM_SLUG


class TenantBackend(ModelBackend):
    """Finds users as Django's own backend does, but never holds a database connection while it checks a password."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user with this sign-in name and password.

        Raises SignInLimited after too many failures, SignInBusy when too many sign in at the same time.
        """
        login = sign_in_name(request, username or kwargs.get("login") or "")
        if not login or password is None or "\0" in login:
            return None
        address = client_address(request)
        known = known_browsers.known_id(request, login)
        if not known:
            guard.check(login=login, address=address)
        now = timezone.now()
        with unbound():  # who is signed in already, of whatever tenant, is not who signs in
            tenant, user = _candidate(login, named_tenant(request))
            policy = SignInPolicy() if tenant is None else read_preferences(tenant.settings).sign_in
            attempt = lockout.Attempt(login, address, policy.lock_after, known)
            lockout.check(attempt, now=now)
            is_meant = tenant is not None and tenant.is_active and belongs(login, named_tenant(request))
            proven = self._elsewhere(tenant, user, login, password, now) if tenant and is_meant else None
            if proven is None and self._is_right(user, password, policy):
                proven = user
            if proven is not None:
                guard.note_success(login=login, address=address)
                lockout.note_success(attempt)
                return proven
            guard.note_failure(login=login, address=address)
            lockout.note_failure(attempt, now=now)
        do_afterwards(partial(_note_failure, login, now))
        return None

    def get_user(self, user_id: Any) -> User | None:
        """Return the user of a session, to whose tenant the request is bound from now on."""
        user = super().get_user(user_id)
        if not isinstance(user, User):
            return None
        bind_request(user)
        return user

    def user_can_authenticate(self, user: Any) -> bool:
        """Only active people of active tenants may sign in; programs have ways of their own."""
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

    def _elsewhere(self, tenant: Tenant, user: User | None, login: str, password: str, now: datetime) -> User | None:
        """Return whose password it is elsewhere. Whoever is not known there goes on to the one hash of everybody."""
        username = login.rpartition("@")[0]
        found = prove_elsewhere(tenant, user, username=username, password=password, now=now)
        return found if found is not None and self.user_can_authenticate(found) else None

    def _is_right(self, user: User | None, password: str, policy: SignInPolicy) -> bool:
        """Tell whether the password opens this account: one hash, whoever it is, and a known one takes no longer."""
        _give_back_connection()
        with slots.turn():
            if user is None or not user.has_usable_password():
                User().set_password(password)
                return False
            is_right = user.check_password(password)
        return is_right and self.user_can_authenticate(user) and (policy.allow_passwords or user.is_superuser)


def _candidate(login: str, asked: NamedTenant | None) -> tuple[Tenant | None, User | None]:
    """Return the tenant that a full sign-in name ends in and the person of that name, if she may be meant here.

    The same two queries for every name.
    """
    tenant = Tenant.objects.filter(slug=login.rpartition("@")[2]).first()
    user = User.unscoped.select_related("tenant").filter(login=login).first()
    return tenant, user if belongs(login, asked) else None


def _note_failure(login: str, now: datetime) -> None:
    """Put a failure into the log of the tenant, if the name is somebody's; after the answer, so it takes no time."""
    with unbound():
        user = User.unscoped.select_related("tenant").filter(login=login).first()
        if user is not None:
            note = partial(trail.note, "accounts.user.sign_in_failed", user, now=now, is_anonymous=True)
            run_in_transaction(partial(note, after={"by": "password"}))


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
