"""The page of service accounts: programs with a name, powers and a rate of their own.

A secret is shown once, at the top of the page that follows, and never again.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.access.admin import ServedAdmin, ServedForm
from apps.accounts.admin.acting import acting
from apps.accounts.models import ServiceAccount
from apps.accounts.services.service_accounts import (
    Credentials,
    Terms,
    change_service_account,
    create_service_account,
    renew_service_secret,
    switch_service_account,
)
from apps.accounts.services.users import MAX_DISPLAY_NAME_CHARS, MAX_USERNAME_CHARS
from apps.accounts.units import SERVICE_ACCOUNTS_CHANGE, SERVICE_ACCOUNTS_VIEW
from apps.common.admin import display


class ServiceAccountForm(ServedForm):
    """What to call it, who answers for it and how much it may ask."""

    username = forms.CharField(label=_("user name"), max_length=MAX_USERNAME_CHARS, widget=UnfoldAdminTextInputWidget)
    display_name = forms.CharField(
        label=_("name"), max_length=MAX_DISPLAY_NAME_CHARS, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "display_name" in self.fields and self.instance.pk:
            self.fields["display_name"].initial = self.instance.user.display_name
        if "owner" in self.fields:
            self.fields["owner"].required = False


@admin.register(ServiceAccount)
class ServiceAccountAdmin(ServedAdmin[ServiceAccount]):
    """What it may do is granted on the page of grants, as to people."""

    view_unit = SERVICE_ACCOUNTS_VIEW
    add_unit = SERVICE_ACCOUNTS_CHANGE
    change_unit = SERVICE_ACCOUNTS_CHANGE
    switch_unit = SERVICE_ACCOUNTS_CHANGE
    form = ServiceAccountForm
    list_display = ("user", "shown_name", "owner", "requests_per_minute", "shown_status")
    list_select_related = ("user", "owner", "tenant")
    search_fields = ("user__login", "user__display_name", "description")
    ordering = ("user__login", "pk")
    actions = ("stop", "start", "renew_secret")

    def get_fields(self, request: HttpRequest, obj: ServiceAccount | None = None) -> tuple[str, ...]:
        """Its sign-in name is chosen once."""
        said = ("display_name", "description", "owner", "requests_per_minute")
        return ("username", *said) if obj is None else ("user", *said, "client_id", "secret_changed_at", "version")

    def get_readonly_fields(self, request: HttpRequest, obj: ServiceAccount | None = None) -> tuple[str, ...]:
        """What nobody types."""
        return () if obj is None else ("user", "client_id", "secret_changed_at")

    @display(description=_("name"), ordering="user__display_name")
    def shown_name(self, obj: ServiceAccount) -> str:
        """What people call it."""
        return obj.user.display_name

    @display(description=_("client id"))
    def client_id(self, obj: ServiceAccount) -> str:
        """What it signs in as."""
        return "–" if obj.application is None else str(obj.application.client_id)

    @display(description=_("status"), ordering="user__is_active", label={"use": "success", "stopped": "danger"})
    def shown_status(self, obj: ServiceAccount) -> tuple[str, str]:
        """Whether it may work, as a coloured label."""
        return ("use", str(_("in use"))) if obj.user.is_active else ("stopped", str(_("stopped")))

    def perform(self, request: HttpRequest, form: Any, *, change: bool) -> ServiceAccount:
        """Make it, in one's own tenant, or change it."""
        data, actor, now = form.cleaned_data, acting(request), timezone.now()
        owner = data.get("owner")
        terms = Terms(
            display_name=data["display_name"],
            description=data["description"],
            owner_id=None if owner is None else owner.pk,
            requests_per_minute=data["requests_per_minute"] or 0,
        )
        if change:
            return change_service_account(
                actor, user_id=form.instance.pk, terms=terms, version=data["version"] or 0, now=now
            )
        made = create_service_account(actor, tenant=actor.tenant, username=data["username"], terms=terms, now=now)
        self._show(request, made)
        return made.account

    @admin.action(description=_("Stop: end tokens and sessions, refuse new ones"), permissions=["switch"])
    def stop(self, request: HttpRequest, queryset: QuerySet[ServiceAccount]) -> None:
        """Stop the chosen ones."""
        count = self._switch(request, queryset, is_active=False)
        text = ngettext("%(count)d service account stopped.", "%(count)d service accounts stopped.", count)
        self.message_user(request, text % {"count": count})

    @admin.action(description=_("Let them work again"), permissions=["switch"])
    def start(self, request: HttpRequest, queryset: QuerySet[ServiceAccount]) -> None:
        """Let the chosen ones work."""
        count = self._switch(request, queryset, is_active=True)
        text = ngettext("%(count)d service account works again.", "%(count)d service accounts work again.", count)
        self.message_user(request, text % {"count": count})

    @admin.action(description=_("New secret: end tokens and sessions, show another secret"), permissions=["switch"])
    def renew_secret(self, request: HttpRequest, queryset: QuerySet[ServiceAccount]) -> None:
        """Give the chosen ones other secrets."""
        actor, now = acting(request), timezone.now()
        rows = self.chosen(request, queryset, SERVICE_ACCOUNTS_CHANGE)
        self.each(request, rows, lambda row: self._show(request, renew_service_secret(actor, user_id=row.pk, now=now)))

    def _switch(self, request: HttpRequest, queryset: QuerySet[ServiceAccount], *, is_active: bool) -> int:
        actor, now = acting(request), timezone.now()
        rows = self.chosen(request, queryset, SERVICE_ACCOUNTS_CHANGE)
        return self.each(
            request, rows, lambda row: switch_service_account(actor, user_id=row.pk, is_active=is_active, now=now)
        )

    def _show(self, request: HttpRequest, made: Credentials) -> None:
        text = _("%(account)s: client id %(client_id)s, secret %(secret)s. It is shown this once: keep it safe.")
        shown = {"account": made.account, "client_id": made.client_id, "secret": made.client_secret}
        self.message_user(request, text % shown, messages.WARNING)
