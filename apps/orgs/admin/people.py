"""The page of people: find, make, change, deactivate, give another password.

Whoever administers one of somebody's places sees her. What concerns her whole account needs power over all of them,
and over whatever powers she has herself; the services see to that.
"""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.access.admin import ServedAdmin, WithinFilter, covers, has_unit, powers_at, within
from apps.access.models import Grant
from apps.access.scopes import SYSTEM, Level
from apps.accounts.admin import acting
from apps.accounts.admin.terminals import TerminalTable
from apps.accounts.models import User
from apps.accounts.services.oversight import reset_factors
from apps.accounts.units import FACTORS_RESET
from apps.common.admin import display
from apps.common.errors import ImError
from apps.common.search import wanted
from apps.common.text import normalized_identifier
from apps.orgs.admin.counting import counted
from apps.orgs.admin.person_forms import NewPersonForm, PasswordForm, PersonForm
from apps.orgs.admin.placements import PlacesTable
from apps.orgs.models import Department, Placement
from apps.orgs.services.people import (
    NewPerson,
    PersonChange,
    activate_person,
    change_person,
    create_person,
    deactivate_person,
    set_person_password,
)
from apps.orgs.units import DEPARTMENT_VIEW, PEOPLE_CHANGE, PEOPLE_DEACTIVATE, PEOPLE_PASSWORD, PEOPLE_VIEW


class PlacedFilter(admin.SimpleListFilter):
    """People with a place in a department, and people without."""

    title = gettext_lazy("place")
    parameter_name = "placed"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """The two sides."""
        return [("yes", _("has a place")), ("no", _("has none"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """The rows of the chosen side."""
        match self.value():
            case "yes":
                return queryset.filter(placements__isnull=False).distinct()
            case "no":  # programs have none and need none
                return queryset.filter(placements__isnull=True, kind=User.Kind.PERSON)
            case _:
                return queryset


@admin.register(User)
class PersonAdmin(ServedAdmin[User]):
    """People within reach."""

    view_unit = PEOPLE_VIEW
    add_unit = PEOPLE_CHANGE
    change_unit = PEOPLE_CHANGE
    switch_unit = PEOPLE_DEACTIVATE
    change_whole = True
    list_display = ("login", "display_name", "where", "is_active", "powers", "last_login")
    list_filter = (
        ("tenant", WithinFilter),
        ("placements__department", WithinFilter),
        PlacedFilter,
        "is_active",
        "created_at",
    )
    search_fields = ("login",)
    search_help_text = gettext_lazy("Name, pinyin, initials, or the whole sign-in name")
    ordering = ("login",)
    inlines = (PlacesTable, TerminalTable)
    actions = ("deactivate", "reactivate", "reset_second_factors")
    add_fieldsets = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """People, with those of their places that are within reach."""
        places = within(request, Placement.unscoped.all(), PEOPLE_VIEW).select_related("department")
        rows = super().get_queryset(request).select_related("tenant")
        return rows.prefetch_related(
            Prefetch("placements", queryset=places.order_by("-is_primary", "id"), to_attr="seen_places")
        ).annotate(grant_count=counted(Grant.unscoped.all(), "user_id"))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[User], search_term: str) -> Any:
        """As people are found everywhere: by characters, pinyin and initials."""
        looked_for = wanted(search_term)
        if not looked_for.needles:
            return queryset, False
        named = Q(search_grams__contains=list(looked_for.grams))
        for needle in looked_for.needles:
            named &= Q(search_text__contains=needle)
        return queryset.filter(named | Q(login=normalized_identifier(search_term))), False

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        """Somebody who is being made has neither places nor terminals."""
        return () if obj is None else self.inlines

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Whoever administers one tenant is not asked which."""
        if obj is not None:
            said = ("display_name", "email", "locale", "is_hidden", "is_guest", "is_active", "last_login", "created_at")
            password = ("password_page",) if self._may_set_password(request, obj) else ()
            return ("login", *password, *said, "version")
        crosses = SYSTEM in powers_at(request).scopes(PEOPLE_CHANGE)
        asked = ("username", "display_name", "department", "title", "email", "locale", "password")
        return ("tenant", *asked) if crosses else asked

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Switching somebody on and off are actions of the list."""
        return () if obj is None else ("login", "password_page", "is_active", "last_login", "created_at")

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        """One form for new people, another one for those there are."""
        kwargs["form"] = NewPersonForm if obj is None else PersonForm
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None:
            return form
        return type("OfferedForm", (_Offering, form), {"request": request})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """In the department that a link names."""
        return {"department": request.GET.get("department", "")}

    def get_urls(self) -> list[URLPattern]:
        """The page for another password, beside Django's own pages."""
        own = path("<id>/password/", self.admin_site.admin_view(self.password_view), name="accounts_user_password")
        return [own, *super().get_urls()]

    def password_view(self, request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002 - as Django's own pages call it
        """Ask for another password, and set it."""
        person = self.get_object(request, id)
        if person is None:
            raise Http404
        if not self._may_set_password(request, person):
            raise PermissionDenied
        form = PasswordForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                set_person_password(
                    acting(request), user_id=person.pk, password=form.cleaned_data["password1"], now=timezone.now()
                )
            except ImError as error:
                form.add_error("password1", str(error.fields.get("reason", error.text)))
            else:
                self.message_user(request, _("The password is set; all her programs are signed out."))
                return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[person.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Another password for %(login)s") % {"login": person.login},
            "original": person,
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/auth/user/change_password.html", context)

    def perform(self, request: HttpRequest, form: Any, *, change: bool) -> User:
        """Make somebody, or change what is said of her."""
        data = form.cleaned_data
        actor, now = acting(request), timezone.now()
        if change:
            said = {name: data[name] for name in ("display_name", "email", "locale", "is_hidden", "is_guest")}
            return change_person(
                actor,
                user_id=form.instance.pk,
                version=data["version"] or 0,
                change=PersonChange(**said),
                now=now,
            )
        department, tenant = data["department"], data.get("tenant")
        asked = ("username", "password", "display_name", "email", "locale", "title")
        return create_person(
            actor,
            person=NewPerson(**{name: data[name] for name in asked}),
            department_id=None if department is None else department.pk,
            tenant_id=None if tenant is None else tenant.pk,
            now=now,
        )

    @display(description=gettext_lazy("password"))
    def password_page(self, obj: User) -> SafeString:
        """The way to another password. Nothing of the one she has is worth showing."""
        url = reverse("admin:accounts_user_password", args=[obj.pk])
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, _("Set another"))

    @display(description=gettext_lazy("where"))
    def where(self, obj: Any) -> str:
        """Her departments, as far as they are within reach."""
        return ", ".join(place.department.name for place in obj.seen_places) or "–"

    @display(description=gettext_lazy("powers"), label={"superuser": "danger", "roles": "info", "": "default"})
    def powers(self, obj: Any) -> tuple[str, str] | None:
        """Whether she may do anything beyond chatting, as a coloured label."""
        if obj.is_superuser:
            return "superuser", _("superuser")
        return ("roles", _("administrator")) if obj.grant_count else None

    @admin.action(description=gettext_lazy("Deactivate: keep out, sign out everywhere"), permissions=["switch"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Deactivate the chosen ones; of those who stay it is said why."""
        rows = self.chosen(request, queryset.filter(is_active=True), PEOPLE_DEACTIVATE)
        count = self.each(request, rows, lambda row: self._switch(request, row, deactivate_person))
        text = ngettext("%(count)d person deactivated.", "%(count)d people deactivated.", count)
        self.message_user(request, text % {"count": count})

    @admin.action(description=gettext_lazy("Activate: let in again"), permissions=["switch"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Activate the chosen ones."""
        rows = self.chosen(request, queryset.filter(is_active=False), PEOPLE_DEACTIVATE)
        count = self.each(request, rows, lambda row: self._switch(request, row, activate_person))
        text = ngettext("%(count)d person activated.", "%(count)d people activated.", count)
        self.message_user(request, text % {"count": count})

    def has_factors_permission(self, request: HttpRequest) -> bool:
        """Whether she may take second factors away, of anybody at all."""
        return has_unit(request, FACTORS_RESET)

    @admin.action(description=gettext_lazy("Take away their second factors, which they lost"), permissions=["factors"])
    def reset_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let the chosen ones set up others; they are signed out."""
        rows = self.chosen(request, queryset, FACTORS_RESET)
        count = self.each(request, rows, lambda row: self._switch(request, row, reset_factors))
        text = ngettext(
            "Second factors of %(count)d person taken away.", "Second factors of %(count)d people taken away.", count
        )
        self.message_user(request, text % {"count": count})

    def _switch(self, request: HttpRequest, row: User, service: Any) -> None:
        service(acting(request), user_id=row.pk, now=timezone.now())

    def _may_set_password(self, request: HttpRequest, person: User) -> bool:
        return covers(request, person, PEOPLE_PASSWORD, whole=True)


class _Offering:
    """Offers the departments within reach, in a form's own copies of its fields."""

    request: HttpRequest

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields  # type: ignore[attr-defined]  # the form's, which comes after this class
        reach = within(self.request, Department.unscoped.all(), DEPARTMENT_VIEW)
        fields["department"].queryset = reach
        scopes = powers_at(self.request).scopes(PEOPLE_CHANGE)
        # Somebody without a place is of the whole tenant: only who administers that may make one.
        fields["department"].required = all(scope.level > Level.TENANT for scope in scopes)
