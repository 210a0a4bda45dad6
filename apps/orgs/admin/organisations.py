"""The page of organisations: make, change, close, reopen."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.access.admin import ServedAdmin, ServedForm, WithinFilter, powers_at
from apps.access.scopes import Level
from apps.accounts.admin import acting
from apps.common.admin import display
from apps.orgs.admin.counting import counted
from apps.orgs.models import Department, Organisation
from apps.orgs.services import (
    OrganisationChange,
    change_organisation,
    close_organisation,
    create_organisation,
    reopen_organisation,
)
from apps.orgs.units import ORGANISATION_CHANGE, ORGANISATION_VIEW
from apps.tenants.models import Tenant


class OrganisationForm(ServedForm):
    """An organisation; whoever reaches several tenants says in which one."""

    tenant = forms.ModelChoiceField(
        queryset=Tenant.objects.order_by("slug"),
        label=_("Tenant"),
        widget=AutocompleteSelect(Organisation._meta.get_field("tenant"), admin.site),
    )


@admin.register(Organisation)
class OrganisationAdmin(ServedAdmin[Organisation]):
    """The companies of a tenant. They are closed, not deleted."""

    view_unit = ORGANISATION_VIEW
    add_unit = ORGANISATION_CHANGE
    change_unit = ORGANISATION_CHANGE
    switch_unit = ORGANISATION_CHANGE
    form = OrganisationForm
    list_display = ("name", "code", "tenant", "department_count", "reach", "is_active")
    list_filter = (("tenant", WithinFilter), "is_active")
    search_fields = ("name", "code")
    ordering = ("tenant__slug", "sort", "name", "id")
    actions = ("close", "reopen")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organisation]:
        """Organisations, with how many departments they have."""
        rows = super().get_queryset(request).select_related("tenant")
        return rows.annotate(departments_below=counted(Department.unscoped.all(), "organisation"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who administers a whole tenant."""
        return any(scope.level <= Level.TENANT for scope in powers_at(request).scopes(ORGANISATION_CHANGE))

    def get_fields(self, request: HttpRequest, obj: Organisation | None = None) -> tuple[str, ...]:
        """What a new one needs, and what can be said of one that is there."""
        if obj is not None:
            return ("name", "code", "sort", "reach", "is_active", "version")
        crosses = any(scope.level is Level.SYSTEM for scope in powers_at(request).scopes(ORGANISATION_CHANGE))
        return ("tenant", "name", "code", "sort") if crosses else ("name", "code", "sort")

    def get_readonly_fields(self, request: HttpRequest, obj: Organisation | None = None) -> tuple[str, ...]:
        """Closing and reopening are actions of the list."""
        return () if obj is None else ("is_active",)

    def perform(self, request: HttpRequest, form: Any, *, change: bool) -> Organisation:
        """Make it, or change it."""
        data = form.cleaned_data
        actor, now = acting(request), timezone.now()
        if change:
            wanted = OrganisationChange(**{name: data[name] for name in ("name", "code", "sort", "reach")})
            return change_organisation(
                actor, organisation_id=form.instance.pk, version=data["version"] or 0, change=wanted, now=now
            )
        tenant: Tenant | None = data.get("tenant")
        return create_organisation(
            actor,
            name=data["name"],
            code=data["code"],
            sort=data["sort"],
            tenant_id=None if tenant is None else tenant.pk,
            now=now,
        )

    @display(description=_("departments"))
    def department_count(self, obj: Any) -> int:
        """The root included, which is the organisation itself."""
        count: int = obj.departments_below
        return count

    @admin.action(description=_("Close: take nobody and nothing new"), permissions=["switch"])
    def close(self, request: HttpRequest, queryset: QuerySet[Organisation]) -> None:
        """Close the chosen ones; one that has people stays open, and it is said why."""
        rows = self.chosen(request, queryset.filter(is_active=True), ORGANISATION_CHANGE)
        count = self.each(request, rows, lambda row: self._switch(request, row, close_organisation))
        text = ngettext("%(count)d organisation closed.", "%(count)d organisations closed.", count)
        self.message_user(request, text % {"count": count})

    @admin.action(description=_("Reopen"), permissions=["switch"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[Organisation]) -> None:
        """Open the chosen ones again."""
        rows = self.chosen(request, queryset.filter(is_active=False), ORGANISATION_CHANGE)
        count = self.each(request, rows, lambda row: self._switch(request, row, reopen_organisation))
        text = ngettext("%(count)d organisation reopened.", "%(count)d organisations reopened.", count)
        self.message_user(request, text % {"count": count})

    def _switch(self, request: HttpRequest, row: Organisation, service: Any) -> None:
        service(acting(request), organisation_id=row.pk, version=row.version, now=timezone.now())
