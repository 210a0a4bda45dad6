"""REST: the organisations as their people see them: the tree, who is where, and a person's card.

What the caller may not see does not exist here, neither in lists nor in counts.
"""

from typing import Annotated
from uuid import UUID

import msgspec
from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import actor_of
from apps.common.rest.openapi import operation
from apps.common.rest.pages import DEFAULT_LIMIT, Cursor, Limit, read_cursor, read_page
from apps.common.rest.structs import Input, Output, read_query
from apps.orgs.api.people_search import is_bot
from apps.orgs.models import Placement
from apps.orgs.selectors.directory import department_people, find_department, list_organisations, person_card
from apps.orgs.selectors.visibility import ContactWord, relation_of


class OrganisationEntry(Output):
    """An organisation; `department` is the root of its tree. `people`: how many of it one sees."""

    id: UUID
    department: UUID
    name: str
    people: int


class OrganisationList(Output):
    """The organisations that one is shown, in their order."""

    items: list[OrganisationEntry]


class WayStep(Output):
    """A department on the way from the root."""

    id: UUID
    name: str


class DepartmentEntry(Output):
    """A department in a list. `people`: how many in it and below it one sees."""

    id: UUID
    name: str
    people: int


class DepartmentView(Output):
    """A department: the ones above it (the root first), and those directly below it in their order."""

    id: UUID
    name: str
    organisation: UUID
    way: list[WayStep]
    departments: list[DepartmentEntry]


class PlacedPerson(Output):
    """Somebody in a department, and what she is there."""

    id: UUID
    username: str
    display_name: str
    is_bot: bool
    title: str
    is_leader: bool


class PlacedPage(Output):
    """One page of the people of a department, leaders first. `next`: cursor of the next page, empty at the end."""

    items: list[PlacedPerson]
    next: str


class PlacedQuery(Input):
    """Which page."""

    cursor: Cursor = ""
    limit: Limit = DEFAULT_LIMIT


class CardPlacement(Output):
    """Where somebody works. `way`: names from the root to the department."""

    department: UUID
    way: list[str]
    title: str
    is_leader: bool


class PersonCardView(Output):
    """What one may know of a person, and how one stands with her.

    `contact`: none, accepted, asked_by_me or asked_by_them. `blocked`: whether one blocks her; whether she blocks is
    not told, only that one may not write.
    """

    id: UUID
    username: str
    display_name: str
    is_bot: bool
    email: str
    placements: list[CardPlacement]
    contact: ContactWord
    blocked: bool
    may_write: bool


class _Position(msgspec.Struct, array_like=True):
    """Where a page of people ends."""

    is_leader: bool
    sort: Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
    id: UUID


class DirectoryView(APIView):
    """The organisations."""

    @operation("directory_read", summary="List the organisations one is shown", answers={200: OrganisationList})
    def get(self, request: Request) -> Response:
        """Return the organisations, each with the root of its tree."""
        roots = list_organisations(actor_of(request))
        items = [
            OrganisationEntry(id=root.organisation_id, department=root.id, name=root.name, people=people)
            for root, people in roots
        ]
        return Response(OrganisationList(items=items))


class DirectoryDepartmentView(APIView):
    """One department."""

    @operation(
        "directory_department_read",
        summary="Read a department and those directly below it",
        answers={200: DepartmentView},
        refusals=(404,),
    )
    def get(self, request: Request, department: UUID) -> Response:
        """Return one department that one is shown."""
        found, above, below = find_department(actor_of(request), department)
        view = DepartmentView(
            id=found.id,
            name=found.name,
            organisation=found.organisation_id,
            way=[WayStep(id=step.id, name=step.name) for step in above],
            departments=[DepartmentEntry(id=child.id, name=child.name, people=people) for child, people in below],
        )
        return Response(view)


class DirectoryPeopleView(APIView):
    """The people of one department."""

    @operation(
        "directory_people_list",
        summary="List the people of a department",
        query=PlacedQuery,
        answers={200: PlacedPage},
        refusals=(404,),
    )
    def get(self, request: Request, department: UUID) -> Response:
        """Return the people whom one sees in this very department, leaders first."""
        wanted = read_query(request, PlacedQuery)
        places = department_people(actor_of(request), department)
        if position := read_cursor(wanted.cursor, _Position):
            places = places.filter(_behind(position))
        page, following = read_page(places, limit=wanted.limit, end=_position)
        return Response(PlacedPage(items=[_placed(place) for place in page], next=following))


class PersonCardDetailView(APIView):
    """The card of one person."""

    @operation("users_card", summary="Read a person's card", answers={200: PersonCardView}, refusals=(404,))
    def get(self, request: Request, user: UUID) -> Response:
        """Return what one may know of a person whom one sees."""
        actor = actor_of(request)
        person, places = person_card(actor, user)
        relation = relation_of(actor, user)
        card = PersonCardView(
            id=person.id,
            username=person.username,
            display_name=person.display_name,
            is_bot=is_bot(person),
            email=person.email,
            placements=[
                CardPlacement(department=place.department_id, way=way, title=place.title, is_leader=place.is_leader)
                for place, way in places
            ],
            contact=relation.contact,
            blocked=relation.blocked_by_me,
            may_write=relation.may_write,
        )
        return Response(card)


def _behind(position: _Position) -> Q:
    within = Q(is_leader=position.is_leader) & (Q(sort__gt=position.sort) | Q(sort=position.sort, id__gt=position.id))
    return within | Q(is_leader=False) if position.is_leader else within


def _position(place: Placement) -> _Position:
    return _Position(place.is_leader, place.sort, place.id)


def _placed(place: Placement) -> PlacedPerson:
    user = place.user
    return PlacedPerson(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        is_bot=is_bot(user),
        title=place.title,
        is_leader=place.is_leader,
    )
