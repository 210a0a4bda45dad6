"""Forms of the pages of people. They check what a person typed; the services do the rest."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from apps.access.admin import ServedForm
from apps.accounts.models import User
from apps.orgs.models import Department, PersonSettings, Placement
from apps.orgs.services.people import SETTINGS
from apps.tenants.models import Tenant


def language_choices() -> list[tuple[Any, Any]]:
    """The languages of this installation."""
    return [("", _("as the browser asks")), *settings.LANGUAGES]


class PersonForm(ServedForm):
    """What may change about a person. Her sign-in name may not."""

    locale = forms.ChoiceField(
        label=capfirst(_("language")), choices=language_choices, required=False, widget=UnfoldAdminSelectWidget
    )

    is_hidden = forms.BooleanField(
        label=_("Hidden"),
        required=False,
        help_text=_("Only people of the same hidden departments and contacts see her."),
        widget=UnfoldBooleanWidget,
    )
    is_guest = forms.BooleanField(
        label=_("Guest"),
        required=False,
        help_text=_("Sees and is seen by accepted contacts only."),
        widget=UnfoldBooleanWidget,
    )

    class Meta:
        model = User
        fields = ("display_name", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settings_row = PersonSettings.unscoped.filter(pk=self.instance.pk).first()
        for name in SETTINGS:
            if name in self.fields:
                self.fields[name].initial = bool(settings_row and getattr(settings_row, name))
        if "locale" in self.fields:
            self.fields["locale"].initial = self.instance.locale


class NewPersonForm(ServedForm):
    """A new person: her account and her first place."""

    tenant = forms.ModelChoiceField(
        queryset=Tenant.objects.order_by("slug"),
        label=_("Tenant"),
        required=False,
        help_text=_("Only needed without a department."),
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
    email = forms.CharField(label=_("E-mail"), required=False, widget=UnfoldAdminEmailInputWidget)
    locale = forms.ChoiceField(
        label=capfirst(_("language")), choices=language_choices, required=False, widget=UnfoldAdminSelectWidget
    )
    department = forms.ModelChoiceField(
        queryset=Department.unscoped.all(),
        label=_("Department"),
        required=False,
        widget=AutocompleteSelect(Placement._meta.get_field("department"), admin.site),
    )
    title = forms.CharField(label=_("Position"), required=False, widget=UnfoldAdminTextInputWidget)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Her first one; she should set another."),
    )

    class Meta:
        model = User
        fields = ()


class PasswordForm(forms.Form):
    """A password, twice. Whether it is good enough the service says."""

    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("Once more"),
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    def clean_password2(self) -> str:
        """The same again."""
        again: str = self.cleaned_data["password2"]
        if again != self.cleaned_data.get("password1"):
            raise forms.ValidationError(_("The two passwords differ."))
        return again
