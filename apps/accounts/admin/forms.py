"""Forms of the admin's user pages. They check what a person typed; the services do the rest."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth.forms import BaseUserCreationForm
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from apps.accounts.models import User
from apps.accounts.services import create_user, revoke_tokens, set_password
from apps.accounts.services.users import clean_email, clean_username
from apps.common.errors import ImError
from apps.common.text import clean_line
from apps.tenants.models import Tenant


def _checked(check: Any, *values: str, **options: Any) -> str:
    """Run a service's check on a field; its refusal is the field's error."""
    try:
        result: str = check(*values, **options)
    except ImError as error:
        raise forms.ValidationError(str(error.fields.get("reason", error.text)), code=error.code) from error
    return result


class UserForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """What may change about a user. Her sign-in name may not."""

    class Meta:
        model = User
        fields = ("display_name", "email", "locale", "is_active", "is_staff", "is_superuser")

    def clean_display_name(self) -> str:
        """One line, without control characters."""
        return _checked(clean_line, self.cleaned_data["display_name"], field="display_name", max_chars=100)


class NewUserForm(BaseUserCreationForm):  # type: ignore[type-arg]  # not generic when it runs
    """A new user and her first password."""

    tenant = forms.ModelChoiceField(
        queryset=Tenant.objects.order_by("slug"),
        label=_("Tenant"),
        widget=AutocompleteSelect(User._meta.get_field("tenant"), admin.site),
    )
    username = forms.CharField(
        label=_("User name"),
        help_text=_("The part before @ in the sign-in name. It can't be changed later."),
        widget=UnfoldAdminTextInputWidget,
    )
    display_name = forms.CharField(
        label=_("Name"),
        required=False,
        help_text=_("As others see it. Empty: the user name."),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = User
        fields = ("email", "locale", "is_staff", "is_superuser")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("password1", "password2"):
            self.fields[name].widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})

    def clean_username(self) -> str:
        """The one spelling of it."""
        return _checked(clean_username, self.cleaned_data["username"])

    def clean_email(self) -> str:
        """An address or nothing."""
        return _checked(clean_email, self.cleaned_data["email"])

    def clean_display_name(self) -> str:
        """One line, without control characters."""
        text = self.cleaned_data["display_name"]
        return _checked(clean_line, text, field="display_name", max_chars=100, required=False)

    def clean(self) -> dict[str, Any]:
        """The name must be free in its tenant."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        tenant, username = cleaned.get("tenant"), cleaned.get("username")
        if tenant and username and User.objects.for_tenant(tenant.id).filter(username=username).exists():
            login = f"{username}@{tenant.slug}"
            self.add_error("username", _("The sign-in name %(login)s is already taken.") % {"login": login})
        return cleaned

    def save_m2m(self) -> None:
        """Nothing: the service has stored it all."""

    def save(self, commit: bool = True) -> User:
        """Make the user by the service."""
        data = self.cleaned_data
        return create_user(
            data["tenant"],
            username=data["username"],
            password=data["password1"],
            display_name=data["display_name"],
            email=data["email"],
            locale=data["locale"],
            is_staff=data.get("is_staff", False),
            is_superuser=data.get("is_superuser", False),
        )


class AdminPasswordForm(AdminPasswordChangeForm):  # type: ignore[misc]  # the library has no types
    """Another password for somebody; signs out everything that uses the old one."""

    def save(self, commit: bool = True) -> User:
        """Store it by the service, or take the password away."""
        user: User = self.user
        if self.cleaned_data["set_usable_password"]:
            set_password(user, password=self.cleaned_data["password1"])
            return user
        super().save(commit)
        revoke_tokens(user)
        return user
