"""The page of roles that tenants make for themselves: sets of permissions under a name. Built-in roles are not listed:
nobody changes them. Here, because it names tenants, which the app that keeps roles lies below.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.access.admin import ServedAdmin, ServedForm, powers_at
from apps.access.models import Grant, Role
from apps.access.scopes import SYSTEM
from apps.access.services import change_role, create_role, delete_role
from apps.access.units import ROLES_CHANGE, ROLES_VIEW, all_units
from apps.accounts.admin import acting
from apps.common.admin import display
from apps.orgs.admin.counting import counted
from apps.orgs.models import Department
from apps.tenants.models import Tenant


class RoleForm(ServedForm):
    """A name, and what it stands for."""

    tenant = forms.ModelChoiceField(
        queryset=Tenant.objects.all(),
        label=_("Tenant"),
        widget=AutocompleteSelect(Department._meta.get_field("tenant"), admin.site),
    )
    units = forms.MultipleChoiceField(
        label=_("Permissions"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("You can only give what you have yourself."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units: Any = self.fields["units"]
        units.choices = [(unit.code, f"{unit.group}: {unit.label}") for unit in all_units()]


@admin.register(Role)
class RoleAdmin(ServedAdmin[Role]):
    """Changing a role changes what everybody may do who holds it."""

    view_unit = ROLES_VIEW
    add_unit = ROLES_CHANGE
    change_unit = ROLES_CHANGE
    delete_unit = ROLES_CHANGE
    form = RoleForm
    list_display = ("name", "key", "tenant_name", "unit_count", "holder_count")
    search_fields = ("name", "key")
    ordering = ("tenant_id", "name", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        """Roles with the names of their tenants, and how many grants there are of each."""
        owner = Tenant.objects.filter(pk=OuterRef("tenant_id")).values("slug")
        rows = super().get_queryset(request)
        return rows.annotate(tenant_slug=Subquery(owner), holders=counted(Grant.unscoped.all(), "custom"))

    def get_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        """Whoever administers one tenant is not asked which. The short name stays as it is."""
        if obj is not None:
            return ("key", "name", "units", "version")
        crosses = SYSTEM in powers_at(request).scopes(ROLES_CHANGE)
        return ("tenant", "key", "name", "units") if crosses else ("key", "name", "units")

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        """The short name is chosen once."""
        return () if obj is None else ("key",)

    def perform(self, request: HttpRequest, form: Any, *, change: bool) -> Role:
        """Make it, or change it."""
        data = form.cleaned_data
        actor, now = acting(request), timezone.now()
        if change:
            return change_role(
                actor,
                role_id=form.instance.pk,
                tenant_id=form.instance.tenant_id,
                version=data["version"] or 0,
                name=data["name"],
                units=data["units"],
                now=now,
            )
        tenant: Tenant | None = data.get("tenant")
        return create_role(
            actor,
            tenant_id=actor.tenant_id if tenant is None else tenant.pk,
            key=data["key"],
            name=data["name"],
            units=data["units"],
            now=now,
        )

    def delete_model(self, request: HttpRequest, obj: Role) -> None:
        """Delete one that nobody holds."""
        delete_role(acting(request), role_id=obj.pk, tenant_id=obj.tenant_id, now=timezone.now())

    @display(description=_("tenant"), ordering="tenant_slug")
    def tenant_name(self, obj: Any) -> str:
        """Its short name."""
        return obj.tenant_slug or "–"

    @display(description=_("permissions"))
    def unit_count(self, obj: Role) -> int:
        """How many."""
        return len(obj.units)

    @display(description=_("holders"))
    def holder_count(self, obj: Any) -> int:
        """How many grants of it there are."""
        count: int = obj.holders
        return count
