"""REST: who is in a department, and people's places, for their administrators."""

from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import Q
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.selectors import powers_of
from apps.accounts.authentication import actor_of
from apps.accounts.models import User
from apps.common.rest.bulk import BulkReport, run_bulk
from apps.common.rest.idempotency import idempotent
from apps.common.rest.openapi import KEYED, VERSIONED, operation
from apps.common.rest.pages import read_cursor, read_page
from apps.common.rest.structs import BulkParser, read_body, read_query
from apps.common.rest.versions import read_version, versioned
from apps.orgs.api.structs import (
    NewPlacement,
    NewPlacements,
    PageSearch,
    PlacementItem,
    PlacementPage,
    PlacementPatch,
    PlacementView,
    Sort,
    given,
)
from apps.orgs.models import Placement
from apps.orgs.selectors.lookup import get_placement
from apps.orgs.selectors.people import department_people
from apps.orgs.services.placements import PlacementChange, change_placement, place_person, remove_placement
from apps.orgs.units import PEOPLE_CHANGE, PEOPLE_VIEW

EXAMPLE = {
    "user": "0198e2a0-0000-7000-8000-000000000002",
    "department": "0198e2a0-0000-7000-8000-000000000001",
    "title": "Engineer",
}


class _Position(msgspec.Struct, array_like=True):
    """Where a page ends: leaders first, then by `sort`, then by id."""

    is_leader: bool
    sort: Sort
    id: UUID


class DepartmentPlacementsView(APIView):
    """Who is in one department."""

    units = (PEOPLE_VIEW, PEOPLE_CHANGE)

    @operation(
        "placements_list",
        summary="List who is in a department",
        query=PageSearch,
        answers={200: PlacementPage},
        refusals=(403, 404),
    )
    def get(self, request: Request, department: UUID) -> Response:
        """Return the people directly in a department, leaders first."""
        search = read_query(request, PageSearch)
        rows = department_people(powers_of(actor_of(request), now=timezone.now()), department)
        if end := read_cursor(search.cursor, _Position):
            same = Q(is_leader=end.is_leader)
            behind = (same & Q(sort__gt=end.sort)) | (same & Q(sort=end.sort, id__gt=end.id))
            rows = rows.filter(behind | Q(is_leader=False) if end.is_leader else behind)
        page, following = read_page(
            rows, limit=search.limit, end=lambda place: _Position(place.is_leader, place.sort, place.id)
        )
        return Response(PlacementPage(items=[_placed(place) for place in page], next=following))


class PersonPlacementsView(APIView):
    """The places of one person."""

    units = (PEOPLE_VIEW, PEOPLE_CHANGE)

    @operation(
        "placements_create",
        summary="Place a person",
        body=NewPlacement,
        answers={201: PlacementView},
        refusals=(403, 404, 409),
        example={"department": "0198e2a0-0000-7000-8000-000000000001", "title": "Lead", "is_leader": True},
        headers=(KEYED,),
    )
    @idempotent
    def post(self, request: Request, user: UUID) -> Response:
        """Give a person whom one administers a place in a department."""
        place = _place(actor_of(request), user, read_body(request, NewPlacement), timezone.now())
        return versioned(placement_view(place), place.version, status=201)


class PlacementsBulkView(APIView):
    """Many places at once."""

    units = (PEOPLE_VIEW, PEOPLE_CHANGE)

    parser_classes = [BulkParser]

    @operation(
        "placements_create_many",
        summary="Place many people",
        body=NewPlacements,
        answers={200: BulkReport},
        refusals=(403, 404, 409),
        example={"items": [EXAMPLE], "mode": "each"},
        headers=(KEYED,),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Give many people places, all of them or each by itself."""
        actor, wanted, now = actor_of(request), read_body(request, NewPlacements), timezone.now()
        return Response(run_bulk(wanted.items, lambda new: _place(actor, new.user, new, now).id, mode=wanted.mode))


class PlacementDetailView(APIView):
    """One place of a person."""

    units = (PEOPLE_VIEW, PEOPLE_CHANGE)

    @operation("placements_read", summary="Read a placement", answers={200: PlacementView}, refusals=(403, 404))
    def get(self, request: Request, placement: UUID) -> Response:
        """Return one place in a department that one administers."""
        found = get_placement(powers_of(actor_of(request), now=timezone.now()), PEOPLE_VIEW, placement)
        return versioned(placement_view(found), found.version)

    @operation(
        "placements_change",
        summary="Change a placement",
        body=PlacementPatch,
        answers={200: PlacementView},
        refusals=(403, 404),
        example={"title": "Lead", "is_primary": True},
        headers=(VERSIONED,),
    )
    def patch(self, request: Request, placement: UUID) -> Response:
        """Change a place. Making it the primary one takes that from the one that was."""
        actor, patch = actor_of(request), read_body(request, PlacementPatch)
        changed = change_placement(
            actor,
            placement_id=placement,
            version=read_version(request),
            change=PlacementChange(**given(patch)),
            now=timezone.now(),
        )
        return versioned(placement_view(changed), changed.version)

    @operation(
        "placements_remove",
        summary="Remove a placement",
        answers={204: None},
        refusals=(403, 404),
        headers=(VERSIONED,),
    )
    def delete(self, request: Request, placement: UUID) -> Response:
        """Take a place away; without any the person is of the tenant at large."""
        actor = actor_of(request)
        remove_placement(actor, placement_id=placement, version=read_version(request), now=timezone.now())
        return Response(status=204)


def _place(actor: User, user_id: UUID, new: NewPlacement, now: datetime) -> Placement:
    return place_person(
        actor,
        user_id=user_id,
        department_id=new.department,
        title=new.title,
        is_primary=new.is_primary,
        is_leader=new.is_leader,
        sort=new.sort,
        now=now,
    )


def placement_view(place: Placement) -> PlacementView:
    """Return a place as it travels."""
    return PlacementView(
        id=place.id,
        user=place.user_id,
        department=place.department_id,
        title=place.title,
        is_primary=place.is_primary,
        is_leader=place.is_leader,
        sort=place.sort,
        version=place.version,
    )


def _placed(place: Placement) -> PlacementItem:
    return PlacementItem(
        placement=placement_view(place),
        username=place.user.username,
        display_name=place.user.display_name,
        is_active=place.user.is_active,
    )
