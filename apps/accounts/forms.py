"""The sign-in form of the site."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from apps.accounts.backends import client_address
from apps.accounts.errors import SignInBusy, SignInLimited
from apps.accounts.services.sign_in import guard


class SignInForm(AuthenticationForm):
    """Django's own form, which says so when there were too many failures, or too many sign in."""

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a wrong name or password, while the guard keeps the door shut, and in a rush."""
        try:
            guard.check(login=self.cleaned_data.get("username") or "", address=client_address(self.request))
            return super().clean()
        except (SignInLimited, SignInBusy) as error:
            raise ValidationError(error.text, code=error.code) from error
