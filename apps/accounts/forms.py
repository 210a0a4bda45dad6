"""The sign-in form of the site."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from apps.accounts.backends import client_address
from apps.accounts.errors import SignInLimited
from apps.accounts.services.sign_in import guard


class SignInForm(AuthenticationForm):
    """Django's own form, which says so when there were too many failures."""

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a wrong name or password, or while the guard keeps the door shut."""
        try:
            guard.check(login=self.cleaned_data.get("username") or "", address=client_address(self.request))
        except SignInLimited as error:
            raise ValidationError(error.text, code=error.code) from error
        return super().clean()
