"""The page of departments: make, change, move by naming the new place, delete. Moving by hand is the tree's page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.access.admin import ServedAdmin, WithinFilter, covers, within
from apps.accounts.admin import acting
from apps.common.admin import display
from apps.orgs.admin.counting import counted
from apps.orgs.admin.placements import PeopleTable
from apps.orgs.models import Department, Placement
from apps.orgs.services import change_department, create_department, delete_department, move_department
from apps.orgs.units import DEPARTMENT_CHANGE, DEPARTMENT_VIEW


class StaffedFilter(admin.SimpleListFilter):
    """Departments with people directly in them, and departments without."""

    title = _("people")
    parameter_name = "staffed"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """The two sides."""
        return [("yes", str(_("has people"))), ("no", str(_("has nobody")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Department]) -> QuerySet[Department]:
        """The rows of the chosen side. An organisation's topmost one need have nobody."""
        has_people = Exists(Placement.unscoped.filter(department=OuterRef("pk")))
        match self.value():
            case "yes":
                return queryset.filter(has_people)
            case "no":
                return queryset.filter(~has_people, parent__isnull=False)
            case _:
                return queryset


@admin.register(Department)
class DepartmentAdmin(ServedAdmin[Department]):
    """Departments in the order of their trees."""

    view_unit = DEPARTMENT_VIEW
    add_unit = DEPARTMENT_CHANGE
    change_unit = DEPARTMENT_CHANGE
    delete_unit = DEPARTMENT_CHANGE
    list_display = ("name", "code", "around", "children_count", "people_count", "is_hidden")
    list_filter = (("organisation", WithinFilter), StaffedFilter, "is_hidden")
    search_fields = ("name", "code")
    ordering = ("tree_id", "lft", "id")
    autocomplete_fields = ("parent",)
    inlines = (PeopleTable,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Department]:
        """Departments with their figures. The one around is named only if it is within reach, too."""
        seen = within(request, Department.unscoped.filter(pk=OuterRef("parent_id")), DEPARTMENT_VIEW)
        rows = super().get_queryset(request)
        return rows.annotate(
            seen_parent=Subquery(seen.order_by().values("name")[:1]),
            seen_path=ArraySubquery(self._above(request).values("name")),
            people_in=counted(Placement.unscoped.all(), "department"),
            children_in=counted(Department.unscoped.all(), "parent"),
        )

    @staticmethod
    def _above(request: HttpRequest) -> QuerySet[Department]:
        """Those around a department which she may see, the outermost first."""
        around = Department.unscoped.filter(
            tree_id=OuterRef("tree_id"), lft__lt=OuterRef("lft"), rght__gt=OuterRef("rght")
        )
        return within(request, around, DEPARTMENT_VIEW).order_by("lft")

    def text_of_choice(self, obj: Any) -> str:
        """Its path as far as she may see it: there is a "Sales" in many places."""
        return " / ".join([*obj.seen_path, obj.name])

    def get_inlines(self, request: HttpRequest, obj: Department | None) -> Any:
        """A department that is being made has no people yet."""
        return () if obj is None else self.inlines

    def get_fields(self, request: HttpRequest, obj: Department | None = None) -> tuple[str, ...]:
        """Where it is below is a question only where the answer may be seen."""
        if obj is None:
            return ("parent", "name", "code", "is_hidden")
        if obj.parent is None:
            return ("name", "code", "version")
        own = ("name", "code", "is_hidden", "version")
        return ("parent", *own) if covers(request, obj.parent, DEPARTMENT_VIEW) else own

    def get_readonly_fields(self, request: HttpRequest, obj: Department | None = None) -> tuple[str, ...]:
        """A root has the name of its organisation."""
        return ("name",) if obj is not None and obj.is_root else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Every new department is below another one; names are shown without marks for their depth."""
        field = super().formfield_for_foreignkey(db_field, request, form_class=forms.ModelChoiceField, **kwargs)
        field.required = True
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Below the one that a link from the tree names."""
        return {"parent": request.GET.get("parent", "")}

    def perform(self, request: HttpRequest, form: Any, *, change: bool) -> Department:
        """Make it, or change it, and move it when it is to be below another one."""
        data = form.cleaned_data
        actor, now = acting(request), timezone.now()
        if not change:
            return create_department(
                actor,
                parent_id=data["parent"].pk,
                name=data["name"],
                code=data["code"],
                is_hidden=data["is_hidden"],
                now=now,
            )
        department = change_department(
            actor,
            department_id=form.instance.pk,
            version=data["version"] or 0,
            name=data.get("name"),
            code=data["code"],
            is_hidden=data.get("is_hidden"),
            now=now,
        )
        if "parent" in form.changed_data:
            department = move_department(
                actor, department_id=department.pk, parent_id=data["parent"].pk, version=department.version, now=now
            )
        return department

    def delete_model(self, request: HttpRequest, obj: Department) -> None:
        """Delete an empty one."""
        delete_department(acting(request), department_id=obj.pk, version=obj.version, now=timezone.now())

    @display(description=_("below"))
    def around(self, obj: Any) -> str:
        """The department it is below, if she may see that one."""
        return obj.seen_parent or "–"

    @display(description=_("departments below"))
    def children_count(self, obj: Any) -> int:
        """Directly below."""
        count: int = obj.children_in
        return count

    @display(description=_("people"))
    def people_count(self, obj: Any) -> int:
        """In the department itself."""
        count: int = obj.people_in
        return count
