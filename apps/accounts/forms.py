"""The sign-in form of the site."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from apps.accounts.backends import client_address, sign_in_name
from apps.accounts.errors import SignInBusy, SignInLimited
from apps.accounts.services.sign_in import guard
from apps.tenants.errors import TenantConflict, TenantNotFound
from apps.tenants.resolution import NamedTenant, named_tenant


class SignInForm(AuthenticationForm):
    """Django's own form, which says so when there were too many failures, or too many sign in."""

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a wrong name or password, while the guard keeps the door shut, and in a rush."""
        try:
            login = sign_in_name(self.request, self.cleaned_data.get("username") or "")
            guard.check(login=login, address=client_address(self.request))
            return super().clean()
        except (SignInLimited, SignInBusy, TenantNotFound, TenantConflict) as error:
            raise ValidationError(error.text, code=error.code) from error

    def tenant(self) -> NamedTenant | None:
        """Return the tenant whose address this is, for the page to show; None where it is nobody's."""
        try:
            return named_tenant(self.request)
        except (TenantNotFound, TenantConflict):
            return None
