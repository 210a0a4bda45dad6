"""The page of people's places in departments, and the tables of them on the pages of departments and people."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.access.admin import ScopedTable, ServedAdmin, WithinFilter
from apps.accounts.admin import acting
from apps.accounts.models import User
from apps.orgs.models import Department, Placement
from apps.orgs.services.placements import PlacementChange, change_placement, place_person, remove_placement
from apps.orgs.units import PEOPLE_CHANGE, PEOPLE_VIEW

CHANGEABLE = ("title", "is_primary", "is_leader", "sort")


@admin.register(Placement)
class PlacementAdmin(ServedAdmin[Placement]):
    """Who is where, as what. Taking a place away leaves the person."""

    view_unit = PEOPLE_VIEW
    add_unit = PEOPLE_CHANGE
    change_unit = PEOPLE_CHANGE
    delete_unit = PEOPLE_CHANGE
    list_display = ("user", "department", "title", "is_primary", "is_leader")
    list_select_related = ("user", "department")
    list_filter = (("department", WithinFilter), "is_leader", "is_primary")
    search_fields = ("user__login", "user__display_name", "title")
    ordering = ("department__tree_id", "department__lft", "-is_leader", "sort", "id")
    autocomplete_fields = ("user", "department")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Placement]:
        """Places with their people and departments, which their titles name."""
        return super().get_queryset(request).select_related("user", "department")

    def get_fields(self, request: HttpRequest, obj: Placement | None = None) -> tuple[str, ...]:
        """A place is made for somebody somewhere; then only what it says may change."""
        return ("user", "department", *CHANGEABLE) if obj is None else ("user", "department", *CHANGEABLE, "version")

    def get_readonly_fields(self, request: HttpRequest, obj: Placement | None = None) -> tuple[str, ...]:
        """To be elsewhere is another place."""
        return () if obj is None else ("user", "department")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Who and where a link says."""
        return {name: request.GET[name] for name in ("user", "department") if name in request.GET}

    def perform(self, request: HttpRequest, form: Any, *, change: bool) -> Placement:
        """Place somebody, or change what the place says."""
        data = form.cleaned_data
        actor, now = acting(request), timezone.now()
        said = {name: data[name] for name in CHANGEABLE}
        if change:
            return change_placement(
                actor,
                placement_id=form.instance.pk,
                version=data["version"] or 0,
                change=PlacementChange(**said),
                now=now,
            )
        return place_person(
            actor,
            user_id=data["user"].pk,
            department_id=data["department"].pk,
            title=said["title"],
            is_primary=said["is_primary"] or None,
            is_leader=said["is_leader"],
            sort=said["sort"],
            now=now,
        )

    def delete_model(self, request: HttpRequest, obj: Placement) -> None:
        """Take the place away."""
        remove_placement(acting(request), placement_id=obj.pk, version=obj.version, now=timezone.now())


class PeopleTable(ScopedTable[Placement, Department]):
    """A department's people, on its page."""

    model = Placement
    view_unit = PEOPLE_VIEW
    fields = ("user", "title", "is_primary", "is_leader")
    readonly_fields = fields
    ordering = ("-is_leader", "sort", "id")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Placement]:
        """Places with their people."""
        return super().get_queryset(request).select_related("user", "department")


class PlacesTable(ScopedTable[Placement, User]):
    """A person's places, on her page, as far as they are within reach."""

    model = Placement
    view_unit = PEOPLE_VIEW
    fields = ("department", "title", "is_primary", "is_leader")
    readonly_fields = fields
    ordering = ("-is_primary", "id")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Placement]:
        """Places with their departments."""
        return super().get_queryset(request).select_related("user", "department")
