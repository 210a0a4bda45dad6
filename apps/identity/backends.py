"""Password sign-in against directories, for Django, the admin and OAuth2 alike. Before `TenantBackend` in the settings.

It only ever says yes. Whoever it doesn't know goes on to that one, which counts the failure and takes its time, so the
guard against guessing is one for all passwords.
"""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.backends import TenantBackend, client_address, sign_in_name
from apps.accounts.models import User
from apps.accounts.services import known_browsers, lockout
from apps.accounts.services.sign_in import guard
from apps.common.wall.binding import unbound
from apps.identity.services.directory_sign_in import prove
from apps.tenants.models import Tenant
from apps.tenants.preferences import read_preferences
from apps.tenants.resolution import belongs, named_tenant


class DirectoryBackend(TenantBackend):
    """Asks the directories of the tenant that the name ends in. Sessions and permissions are those of all users."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user whose password this is in a directory of her tenant.

        Raises SignInLimited after too many failures, SignInBusy when too many sign in at the same time.
        """
        login = sign_in_name(request, username or kwargs.get("login") or "")
        if not login or not password or "\0" in login:
            return None
        address = client_address(request)
        known = known_browsers.known_id(request, login)
        if not known:
            guard.check(login=login, address=address)
        now = timezone.now()
        with unbound():  # who is signed in already, of whatever tenant, is not who signs in
            name, _at, slug = login.rpartition("@")
            tenant = Tenant.objects.filter(slug=slug).first()
            if tenant is None or not tenant.is_active or not belongs(login, named_tenant(request)):
                return None
            policy = read_preferences(tenant.settings).sign_in
            attempt = lockout.Attempt(login, address, policy.lock_after, known)
            lockout.check(attempt, now=now)
            user = prove(tenant, username=name, password=password, now=now)
            if user is None or not self.user_can_authenticate(user):
                return None
            guard.note_success(login=login, address=address)
            lockout.note_success(attempt)
            return user
