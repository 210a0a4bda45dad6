"""Admin of users: make, find, change, deactivate, give another password."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.forms import ChoiceField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import UnfoldAdminSelectWidget

from apps.accounts.admin.forms import AdminPasswordForm, NewUserForm, UserForm
from apps.accounts.admin.terminals import TerminalTable
from apps.accounts.models import User
from apps.accounts.services import activate_user, deactivate_user
from apps.common.admin import SystemAdmin, display

POWERS = ("is_staff", "is_superuser", "groups")


@admin.register(User)
class UserAdmin(DjangoUserAdmin, SystemAdmin[User]):  # type: ignore[type-arg]  # not generic when it runs
    """Users of all tenants. Only superusers hand out powers, or touch others who have some."""

    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordForm
    add_form_template = None
    list_display = ("login", "display_name", "tenant", "is_active", "powers", "last_login", "created_at")
    list_select_related = ("tenant",)
    list_filter = (("tenant", AutocompleteSelectFilter), "is_active", "is_staff", "is_superuser")
    search_fields = ("login", "display_name", "email")
    ordering = ("login",)
    autocomplete_fields = ("groups",)
    filter_horizontal = ()
    inlines = (TerminalTable,)
    actions = ("deactivate", "activate")
    readonly_fields = ("login", "tenant", "password_page", "last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("login", "tenant", "display_name", "email", "locale", "password_page")}),
        (_("Access"), {"fields": ("is_active", *POWERS)}),
        (_("History"), {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("tenant", "username", "display_name", "email", "locale", "password1", "password2")}),
        (_("Access"), {"fields": ("is_staff", "is_superuser")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """All users, with their tenants."""
        return super().get_queryset(request).select_related("tenant")

    def get_inlines(self, request: HttpRequest, obj: User | None) -> tuple[Any, ...]:
        """A user who is being made has no terminals yet."""
        return self.inlines if obj is not None else ()

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """New users get powers from superusers only, so others do not see the question."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets[:1] if obj is None and not request.user.is_superuser else fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Powers are for superusers to give, and nobody takes away her own by accident."""
        if obj is None:
            return ()
        fixed = tuple(super().get_readonly_fields(request, obj))
        if not request.user.is_superuser:
            fixed += POWERS
        return (*fixed, "is_active", "is_staff", "is_superuser") if obj.pk == request.user.pk else fixed

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Offer the languages of this installation."""
        if obj is None:
            # The form has fields of its own, one for a field that no form may change: so name the model's others.
            hidden = () if request.user.is_superuser else POWERS
            kwargs["fields"] = [name for name in NewUserForm.Meta.fields if name not in hidden]
        form = super().get_form(request, obj, change=change, **kwargs)
        choices = [("", _("as the browser asks")), *settings.LANGUAGES]
        if "locale" in form.base_fields:
            form.base_fields["locale"] = ChoiceField(
                label=capfirst(_("language")), choices=choices, required=False, widget=UnfoldAdminSelectWidget
            )
        return form

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Who has powers is changed by superusers, and by herself: her password is the key to all she may do."""
        powerful = obj is not None and obj.pk != request.user.pk and (obj.is_staff or obj.is_superuser)
        if powerful and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Store what the form changed; switching somebody on or off goes through the service."""
        if not change:
            return
        fields = [name for name in form.changed_data if name in {"display_name", "email", "locale", *POWERS[:2]}]
        obj.save(update_fields=fields)
        if "is_active" in form.changed_data:
            (activate_user if obj.is_active else deactivate_user)(obj)

    @display(description=_("password"))
    def password_page(self, obj: User) -> SafeString:
        """The way to another password. Nothing of the one she has is worth showing."""
        url = reverse("admin:auth_user_password_change", args=[obj.pk])
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, _("Set another"))

    @display(
        description=_("powers"), ordering="is_superuser", label={"superuser": "danger", "staff": "info", "": "default"}
    )
    def powers(self, obj: User) -> tuple[str, str] | None:
        """What she may do beyond chatting, as a coloured label."""
        if obj.is_superuser:
            return "superuser", str(_("superuser"))
        return ("staff", str(_("staff"))) if obj.is_staff else None

    @admin.action(description=_("Deactivate: keep out, sign out everywhere"), permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Deactivate the chosen ones, but not oneself, nor those with powers unless one is a superuser."""
        self._switch(request, queryset.filter(is_active=True), active=False)

    @admin.action(description=_("Activate: let in again"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Activate the chosen ones."""
        self._switch(request, queryset.filter(is_active=False), active=True)

    def _switch(self, request: HttpRequest, queryset: QuerySet[User], *, active: bool) -> None:
        chosen = list(queryset)
        allowed = [user for user in chosen if user.pk != request.user.pk and self.has_change_permission(request, user)]
        for user in allowed:
            (activate_user if active else deactivate_user)(user)
            self.log_change(request, user, [{"changed": {"fields": ["active"]}}])
        if len(allowed) < len(chosen):
            self.message_user(request, _("Your own account and superusers were left out."), messages.WARNING)
        text = (
            ngettext("%(count)d user activated.", "%(count)d users activated.", len(allowed))
            if active
            else ngettext("%(count)d user deactivated.", "%(count)d users deactivated.", len(allowed))
        )
        self.message_user(request, text % {"count": len(allowed)})
