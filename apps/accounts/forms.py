"""The forms of signing in and of changing what one signs in with. What they mean is the pages' and services' matter."""

from typing import Any, Final

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.accounts.errors import ProofWrong, SignInBusy, SignInLimited
from apps.accounts.models import User
from apps.accounts.services.passwords import MAX_CHARS
from apps.tenants.errors import TenantConflict, TenantNotFound
from apps.tenants.resolution import NamedTenant, full_login, named_tenant, tenant_by_slug

WRONG_PASSWORD: Final = _("That is not your password.")
"""To somebody who is signed in; at the door nobody learns which of name and password was wrong."""

_REVEAL = {"data-revealable": "", "data-reveal": _("Show the password"), "data-conceal": _("Hide the password")}


class SignInForm(AuthenticationForm):
    """Django's own form, which says so when there were too many failures, or too many sign in.

    `slug`: the tenant that the page was asked for, where its address does not say which.
    """

    def __init__(self, request: HttpRequest | None = None, *args: Any, slug: str = "", **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self._slug = slug

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a wrong name or password, while the door is kept shut, and in a rush."""
        try:
            self.cleaned_data["username"] = full_login(self.cleaned_data.get("username") or "", self.tenant())
            return super().clean()
        except (SignInLimited, SignInBusy, TenantNotFound, TenantConflict) as error:
            raise ValidationError(error.text, code=error.code) from error

    def tenant(self) -> NamedTenant | None:
        """Return the tenant whose page this is, for the page to show; None where it is nobody's."""
        try:
            return named_tenant(self.request) or tenant_by_slug(self._slug)
        except (TenantNotFound, TenantConflict):
            return None


class CodeForm(forms.Form):
    """A one-time code, or a recovery code in its place."""

    code = forms.CharField(
        label=_("Code"),
        max_length=32,
        widget=forms.TextInput(
            attrs={"class": "code-input", "autocomplete": "one-time-code", "autofocus": "", "spellcheck": "false"}
        ),
    )

    def refuse(self, error: ProofWrong) -> None:
        """Say beside the field that this was not it."""
        self.add_error("code", error.text)


class AppCodeForm(CodeForm):
    """A code of an app alone, where no recovery code will do: phones show their digits to type it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class RecoveryForm(CodeForm):
    """A recovery code alone, of somebody whose other proof is a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Recovery code")
        self.fields["code"].widget.attrs["autocomplete"] = "off"
        del self.fields["code"].widget.attrs["autofocus"]  # the passkey is the nearer way


class PasswordForm(forms.Form):
    """The password one has."""

    password = forms.CharField(
        label=_("Your password"),
        max_length=MAX_CHARS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", **_REVEAL}),
    )

    def refuse(self, error: ProofWrong) -> None:
        """Say beside the field that this was not it, in the words of a password."""
        self.add_error("password", WRONG_PASSWORD)


class FreshPasswordForm(forms.Form):
    """The password one wants to have. Typed once: it can be shown while it is typed.

    `min_chars`: what the person's tenant asks for, said beside the field.
    """

    fresh = forms.CharField(
        label=_("New password"),
        max_length=MAX_CHARS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", **_REVEAL}),
    )

    def __init__(self, *args: Any, min_chars: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fresh"].help_text = ngettext(
            "At least %(count)d character, and none that many people choose.",
            "At least %(count)d characters, and none that many people choose.",
            min_chars,
        ) % {"count": min_chars}


class ChangePasswordForm(PasswordForm, FreshPasswordForm):
    """The password one has, and the one to take its place."""

    field_order = ("password", "fresh")


class LoginForm(forms.Form):
    """A sign-in name alone."""

    login = forms.CharField(
        label=_("Account"),
        max_length=User._meta.get_field("login").max_length,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": ""}
        ),
    )
