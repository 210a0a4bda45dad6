"""The page of grants: who holds which role, where and until when. Here, because it names people and places, which the
app that keeps grants lies below.

A grant is made and revoked, never edited: made again it gets another end.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat, Replace
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget

from apps.access.admin import ServedAdmin, ServedForm, powers_at, within
from apps.access.models import Grant, Role
from apps.access.roles import BUILTIN_ROLES, name_of_grant
from apps.access.scopes import SYSTEM, Level, Scope, tenant_scope
from apps.access.services import grant_role, revoke_grant
from apps.access.units import GRANTS_CHANGE, GRANTS_VIEW, ROLES_VIEW
from apps.accounts.admin import acting
from apps.accounts.models import User
from apps.common.admin import display
from apps.common.errors import InvalidInput
from apps.orgs.models import Department, Placement
from apps.orgs.units import DEPARTMENT_VIEW, PEOPLE_VIEW
from apps.tenants.models import Tenant

PLACE_FIELDS = ("tenant", "department")


class GrantForm(ServedForm):
    """Who, as what, where, until when."""

    user = forms.ModelChoiceField(
        queryset=User.unscoped.all(),
        label=_("Person"),
        widget=AutocompleteSelect(Placement._meta.get_field("user"), admin.site),
    )
    role = forms.ChoiceField(label=_("Role"), widget=UnfoldAdminSelectWidget)
    tenant = forms.ModelChoiceField(
        queryset=Tenant.objects.all(),
        label=_("Tenant"),
        required=False,
        help_text=_("Where the role holds. Neither a tenant nor a department: the whole system."),
        widget=AutocompleteSelect(Department._meta.get_field("tenant"), admin.site),
    )
    department = forms.ModelChoiceField(
        queryset=Department.unscoped.all(),
        label=_("Department"),
        required=False,
        help_text=_("The role holds in it and below it. An organisation is its topmost department. Empty: everywhere."),
        widget=AutocompleteSelect(Placement._meta.get_field("department"), admin.site),
    )
    expires_at = forms.SplitDateTimeField(
        label=_("Ends at"),
        required=False,
        help_text=_("Empty: it does not end."),
        widget=UnfoldAdminSplitDateTimeWidget,
    )

    class Meta:
        model = Grant
        fields = ()


@admin.register(Grant)
class GrantAdmin(ServedAdmin[Grant]):
    """Nobody gives or takes more than she has herself."""

    view_unit = GRANTS_VIEW
    add_unit = GRANTS_CHANGE
    delete_unit = GRANTS_CHANGE
    form = GrantForm
    list_display = ("holder", "role_name", "place_name", "expires_at", "created_at")
    list_filter = ("role", "expires_at")
    search_fields = ("role",)
    ordering = ("scope", "created_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        """Grants with the names that their ids stand for."""
        people = User.unscoped.filter(pk=OuterRef("user_id"))
        tenants = Tenant.objects.annotate(own_path=_OWN_PATH).filter(own_path=OuterRef("scope"))
        places = Department.unscoped.filter(path=OuterRef("scope"))
        rows = super().get_queryset(request).select_related("custom")
        return rows.annotate(
            holder_login=Subquery(people.values("login")[:1]),
            tenant_name=Subquery(tenants.values("name")[:1]),
            department_name=Subquery(places.values("name")[:1]),
        )

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Grant], search_term: str) -> Any:
        """By the holder's sign-in name or the role."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if not search_term:
            return found, duplicates
        people = User.unscoped.filter(login__icontains=search_term).values("pk")
        return found | queryset.filter(user_id__in=people), duplicates

    def get_fields(self, request: HttpRequest, obj: Grant | None = None) -> tuple[str, ...]:
        """Whoever administers one tenant is not asked which."""
        if obj is not None:
            return ("holder", "role_name", "place_name", "expires_at", "created_at")
        place = PLACE_FIELDS if SYSTEM in powers_at(request).scopes(GRANTS_CHANGE) else PLACE_FIELDS[1:]
        return ("user", "role", *place, "expires_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Grant | None = None) -> tuple[str, ...]:
        """A grant that is there is only looked at."""
        return () if obj is None else self.get_fields(request, obj)

    def get_form(self, request: HttpRequest, obj: Grant | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Offer people, roles and places within reach."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None:
            return form
        return type("OfferedForm", (_Offering, form), {"request": request})

    def perform(self, request: HttpRequest, form: Any, *, change: bool) -> Grant:
        """Grant it."""
        data = form.cleaned_data
        return grant_role(
            acting(request),
            user=data["user"],
            role=data["role"],
            scope=_scope(request, data.get("tenant"), data["department"]),
            expires_at=data["expires_at"],
            now=timezone.now(),
        )

    def delete_model(self, request: HttpRequest, obj: Grant) -> None:
        """Revoke it."""
        revoke_grant(acting(request), grant_id=obj.pk, now=timezone.now())

    @display(description=_("person"), ordering="holder_login")
    def holder(self, obj: Any) -> str:
        """The sign-in name."""
        return obj.holder_login or "–"

    @display(description=_("role"), ordering="role")
    def role_name(self, obj: Grant) -> str:
        """As the role is called."""
        return name_of_grant(obj)

    @display(description=_("where"), ordering="scope")
    def place_name(self, obj: Any) -> str:
        """The department, the tenant, or the system."""
        if obj.place.level is Level.SYSTEM:
            return str(_("whole system"))
        return str(obj.department_name or obj.tenant_name or obj.scope)


class _Offering:
    """Fills the choices of one request's form, in the form's own copies of its fields."""

    request: HttpRequest

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields  # type: ignore[attr-defined]  # the form's, which comes after this class
        fields["user"].queryset = within(self.request, User.unscoped.all(), PEOPLE_VIEW)
        fields["department"].queryset = within(self.request, Department.unscoped.all(), DEPARTMENT_VIEW)
        fields["role"].choices = _roles(self.request)


def _roles(request: HttpRequest) -> list[tuple[str, str]]:
    """Built-in roles down to the levels at which she grants, and roles that tenants made, as far as she sees them."""
    levels = [scope.level for scope in powers_at(request).scopes(GRANTS_CHANGE)]
    highest = min(levels, default=Level.DEPARTMENT)
    built_in = [(role.key, str(role.name)) for role in BUILTIN_ROLES.values() if role.level >= highest]
    own = within(request, Role.unscoped.all(), ROLES_VIEW).order_by("name", "id")
    return [*built_in, *((role.id.hex, role.name) for role in own)]


def _scope(request: HttpRequest, tenant: Tenant | None, department: Department | None) -> Scope:
    if department is not None:
        if tenant is not None and department.tenant_id != tenant.pk:
            raise InvalidInput(field="department", reason=gettext("belongs to another tenant"))
        return department.scope
    if tenant is not None:
        return tenant_scope(tenant.pk)
    crosses = SYSTEM in powers_at(request).scopes(GRANTS_CHANGE)
    return SYSTEM if crosses else tenant_scope(acting(request).tenant_id)


_OWN_PATH = Concat(Value("t:"), Replace(Cast("id", CharField()), Value("-"), Value("")), output_field=CharField())
