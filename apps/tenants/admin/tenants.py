"""The page of tenants. Who runs the installation makes them, sets plans and limits, suspends and deletes; who
administers one sees it, and changes its name.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.access.admin import ServedAdmin, has_unit
from apps.common.admin import display
from apps.tenants.admin.rules import GENERAL, SIGN_IN, TERMINALS, TERMINALS_TEXT, RulesForm, rules_in_words
from apps.tenants.models import Tenant
from apps.tenants.plans import LIMITS
from apps.tenants.preferences import read_preferences
from apps.tenants.selectors import hosts_of
from apps.tenants.services import (
    TenantChange,
    activate_tenant,
    cancel_deletion,
    change_tenant,
    create_tenant,
    request_deletion,
    suspend_tenant,
)
from apps.tenants.units import TENANT_CHANGE, TENANT_MANAGE, TENANT_VIEW


class TenantForm(RulesForm):
    """A tenant, the host names that lead to it, and its settings."""

    hosts = forms.CharField(
        label=_("Host names"),
        required=False,
        help_text=_("One per line. At these addresses its people sign in without the part behind @."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "hosts" in self.fields and not self.instance._state.adding:
            self.fields["hosts"].initial = "\n".join(hosts_of(self.instance.pk))


@admin.register(Tenant)
class TenantAdmin(ServedAdmin[Tenant]):
    """Tenants. Suspending one keeps all its users out; deleting is staged and can be taken back for a while."""

    view_unit = TENANT_VIEW
    add_unit = TENANT_MANAGE
    change_unit = TENANT_CHANGE
    switch_unit = TENANT_MANAGE
    form = TenantForm
    list_display = ("name", "slug", "plan", "shown_status", "deletes_at", "created_at")
    list_filter = ("status", "plan")
    search_fields = ("name", "slug")
    ordering = ("slug",)
    actions = ("suspend", "activate", "delete_later", "keep")

    def get_fieldsets(self, request: HttpRequest, obj: Tenant | None = None) -> Any:
        """A new tenant begins active; plan, limits and hosts are for those who run the installation."""
        if obj is None:
            return ((None, {"fields": ("slug", "name", "plan")}),)
        shown = ("slug", "name", "plan", *LIMITS, "status", "deletes_at", "created_at")
        if not self.has_change_permission(request, obj):
            return ((None, {"fields": (*shown, "shown_rules")}),)
        hosts = ("hosts",) if has_unit(request, TENANT_MANAGE) else ()
        return (
            (None, {"fields": ("accepted", *shown, *hosts, "version")}),
            (_("What people see"), {"fields": GENERAL}),
            (_("How people sign in"), {"fields": SIGN_IN}),
            (_("Terminals of a person"), {"fields": TERMINALS, "description": TERMINALS_TEXT}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> tuple[str, ...]:
        """The short name is part of every sign-in name, so it stays."""
        if obj is None:
            return ()
        fixed = ("slug", "status", "deletes_at", "created_at", "shown_rules")
        return fixed if has_unit(request, TENANT_MANAGE) else (*fixed, "plan", *LIMITS)

    def perform(self, request: HttpRequest, form: Any, *, change: bool) -> Tenant:
        """Make it, or change what was changed on the page."""
        data, now = form.cleaned_data, timezone.now()
        actor: Any = request.user  # the admin lets in nobody who is not signed in
        if not change:
            return create_tenant(slug=data["slug"], name=data["name"], plan=data["plan"], actor=actor, now=now)
        changed = set(form.changed_data)
        wanted = TenantChange(
            name=data["name"] if "name" in changed else None,
            plan=data["plan"] if "plan" in changed else None,
            limits={name: data[name] for name in LIMITS if name in changed} or None,
            settings=form.wanted_settings,
            hosts=data["hosts"].split() if "hosts" in changed else None,
        )
        return change_tenant(
            tenant_id=form.instance.pk, change=wanted, version=data["version"] or 0, actor=actor, now=now
        )

    @display(
        description=_("status"),
        ordering="status",
        label={"active": "success", "suspended": "warning", "deleting": "danger", "purging": "danger"},
    )
    def shown_status(self, obj: Tenant) -> tuple[str, str]:
        """The status as a coloured label."""
        return obj.status, obj.get_status_display()

    @display(description=_("settings"))
    def shown_rules(self, obj: Tenant) -> str:
        """What it sets for itself, for whoever may look only."""
        return rules_in_words(read_preferences(obj.settings))

    @admin.action(description=_("Suspend: keep their users out"), permissions=["switch"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        """Suspend the chosen ones; the system's own stays, and it is said."""
        count = self._switch(request, queryset, suspend_tenant)
        text = ngettext("%(count)d tenant suspended.", "%(count)d tenants suspended.", count)
        self.message_user(request, text % {"count": count})

    @admin.action(description=_("Activate: let their users in"), permissions=["switch"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        """Activate the chosen ones."""
        count = self._switch(request, queryset, activate_tenant)
        text = ngettext("%(count)d tenant activated.", "%(count)d tenants activated.", count)
        self.message_user(request, text % {"count": count})

    @admin.action(description=_("Delete after the grace period: keep their users out now"), permissions=["switch"])
    def delete_later(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        """Have the chosen ones erased when their time is over."""
        count = self._switch(request, queryset, request_deletion)
        text = ngettext("%(count)d tenant will be deleted.", "%(count)d tenants will be deleted.", count)
        self.message_user(request, text % {"count": count})

    @admin.action(description=_("Don't delete: leave them as they were"), permissions=["switch"])
    def keep(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        """Take the deletion of the chosen ones back."""
        count = self._switch(request, queryset, cancel_deletion)
        text = ngettext("%(count)d tenant is kept.", "%(count)d tenants are kept.", count)
        self.message_user(request, text % {"count": count})

    def _switch(self, request: HttpRequest, queryset: QuerySet[Tenant], service: Callable[..., None]) -> int:
        rows = self.chosen(request, queryset, TENANT_MANAGE)
        return self.each(request, rows, lambda row: service(row, actor=request.user, now=timezone.now()))
