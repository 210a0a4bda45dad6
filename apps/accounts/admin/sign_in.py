"""The admin's sign-in form: the site's own, in the admin's look, for those who have any power."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES

from apps.access.selectors import powers_of
from apps.accounts.forms import SignInForm


class AdminSignInForm(SignInForm):
    """Refuses people who may not open the admin with the same words as a wrong password."""

    error_messages = {
        **SignInForm.error_messages,
        "invalid_login": _("Wrong sign-in name or password, or an account that may not open the admin."),
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = _("Sign-in name")
        for name in ("username", "password"):
            self.fields[name].widget.attrs["class"] = " ".join(INPUT_CLASSES)
        self.fields["username"].widget.attrs["placeholder"] = _("name@tenant")

    def confirm_login_allowed(self, user: Any) -> None:
        """Only who may do something there. One query."""
        super().confirm_login_allowed(user)
        if not powers_of(user, now=timezone.now()).has_any:
            raise forms.ValidationError(self.error_messages["invalid_login"], code="invalid_login")
