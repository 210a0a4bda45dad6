"""REST: people and their accounts, for their administrators."""

from datetime import datetime
from typing import Any
from uuid import UUID

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
from apps.common.rest.whole import all_or_nothing
from apps.orgs.api.placements import placement_view
from apps.orgs.api.structs import (
    ById,
    NewPassword,
    NewPeople,
    NewPersonBody,
    PersonDetail,
    PersonItem,
    PersonPage,
    PersonPatch,
    PersonSearch,
    Status,
    given,
)
from apps.orgs.selectors.administration import places_within, settings_of
from apps.orgs.selectors.lookup import get_person
from apps.orgs.selectors.people import find_people
from apps.orgs.services.people import (
    NewPerson,
    PersonChange,
    activate_person,
    change_person,
    create_person,
    deactivate_person,
    set_person_password,
)
from apps.orgs.units import PEOPLE_CHANGE, PEOPLE_DEACTIVATE, PEOPLE_PASSWORD, PEOPLE_VIEW

EXAMPLE = {
    "username": "zhangwei",
    "display_name": "张伟",
    "password": "correct horse battery",
    "department": "0198e2a0-0000-7000-8000-000000000001",
    "title": "Engineer",
}


class PeopleView(APIView):
    """The people that one administers."""

    units = (PEOPLE_VIEW, PEOPLE_CHANGE, PEOPLE_DEACTIVATE, PEOPLE_PASSWORD)

    @operation("people_list", summary="Find people one administers", query=PersonSearch, answers={200: PersonPage})
    def get(self, request: Request) -> Response:
        """Return people within one's scopes who match, deactivated ones too."""
        search = read_query(request, PersonSearch)
        rows = find_people(powers_of(actor_of(request), now=timezone.now()), text=search.q).order_by("id")
        if position := read_cursor(search.cursor, ById):
            rows = rows.filter(id__gt=position.id)
        page, following = read_page(rows, limit=search.limit, end=lambda user: ById(user.id))
        return Response(PersonPage(items=[PersonItem(**_fields(user)) for user in page], next=following))

    @operation(
        "people_create",
        summary="Make a person",
        body=NewPersonBody,
        answers={201: PersonDetail},
        refusals=(403, 404, 409),
        example=EXAMPLE,
        headers=(KEYED,),
    )
    @idempotent
    @all_or_nothing
    def post(self, request: Request) -> Response:
        """Make a person with an account and her primary place."""
        actor, new, now = actor_of(request), read_body(request, NewPersonBody), timezone.now()
        return _answer(request, _create(actor, new, now), status=201)


class PeopleBulkView(APIView):
    """Many people at once."""

    units = (PEOPLE_VIEW, PEOPLE_CHANGE, PEOPLE_DEACTIVATE, PEOPLE_PASSWORD)

    parser_classes = [BulkParser]

    @operation(
        "people_create_many",
        summary="Make many people",
        body=NewPeople,
        answers={200: BulkReport},
        refusals=(403, 404, 409),
        example={"items": [EXAMPLE], "mode": "each"},
        headers=(KEYED,),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Make many people, all of them or each by itself. For whole companies there are imports."""
        actor, wanted, now = actor_of(request), read_body(request, NewPeople), timezone.now()
        return Response(run_bulk(wanted.items, lambda new: _create(actor, new, now), mode=wanted.mode))


class PersonView(APIView):
    """One person."""

    units = (PEOPLE_VIEW, PEOPLE_CHANGE, PEOPLE_DEACTIVATE, PEOPLE_PASSWORD)

    @operation("people_read", summary="Read a person one administers", answers={200: PersonDetail}, refusals=(403, 404))
    def get(self, request: Request, user: UUID) -> Response:
        """Return one person with those of her places that one administers."""
        return _answer(request, user)

    @operation(
        "people_change",
        summary="Change a person",
        body=PersonPatch,
        answers={200: PersonDetail},
        refusals=(403, 404),
        example={"display_name": "Zhang Wei", "is_hidden": True},
        headers=(VERSIONED,),
    )
    @all_or_nothing
    def patch(self, request: Request, user: UUID) -> Response:
        """Change her names and what the directory knows of her; it takes the power over all of her places."""
        actor, patch = actor_of(request), read_body(request, PersonPatch)
        change_person(
            actor,
            user_id=user,
            version=read_version(request),
            change=PersonChange(**given(patch)),
            now=timezone.now(),
        )
        return _answer(request, user)


class PersonStatusView(APIView):
    """Whether one person may sign in."""

    units = (PEOPLE_VIEW, PEOPLE_CHANGE, PEOPLE_DEACTIVATE, PEOPLE_PASSWORD)

    @operation(
        "people_set_status",
        summary="Deactivate or reactivate a person",
        body=Status,
        answers={200: PersonDetail},
        refusals=(403, 404, 409),
        example={"is_active": False},
    )
    @all_or_nothing
    def put(self, request: Request, user: UUID) -> Response:
        """Keep a person from signing in, signing out all her programs, or let her in again."""
        actor, status = actor_of(request), read_body(request, Status)
        act = activate_person if status.is_active else deactivate_person
        act(actor, user_id=user, now=timezone.now())
        return _answer(request, user)


class PersonPasswordView(APIView):
    """The password of one person."""

    units = (PEOPLE_VIEW, PEOPLE_CHANGE, PEOPLE_DEACTIVATE, PEOPLE_PASSWORD)

    @operation(
        "people_set_password",
        summary="Give a person another password",
        body=NewPassword,
        answers={204: None},
        refusals=(403, 404),
        example={"password": "correct horse battery"},
    )
    def put(self, request: Request, user: UUID) -> Response:
        """Give a person another password, and sign out all of her programs."""
        actor, new = actor_of(request), read_body(request, NewPassword)
        set_person_password(actor, user_id=user, password=new.password, now=timezone.now())
        return Response(status=204)


def _create(actor: User, new: NewPersonBody, now: datetime) -> UUID:
    person = NewPerson(
        username=new.username,
        password=new.password,
        display_name=new.display_name or "",
        email=new.email,
        locale=new.locale,
        title=new.title,
        is_leader=new.is_leader,
        sort=new.sort,
    )
    return create_person(actor, person=person, department_id=new.department, now=now).id


def _answer(request: Request, user_id: UUID, *, status: int = 200) -> Response:
    powers = powers_of(actor_of(request), now=timezone.now())
    user = get_person(powers, PEOPLE_VIEW, user_id)
    settings = settings_of(user)
    detail = PersonDetail(
        **_fields(user),
        locale=user.locale,
        is_hidden=settings.is_hidden,
        is_guest=settings.is_guest,
        placements=[placement_view(place) for place in places_within(powers, user)],
    )
    return versioned(detail, user.version, status=status)


def _fields(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "tenant": user.tenant_id,
        "username": user.username,
        "login": user.login,
        "display_name": user.display_name,
        "email": user.email,
        "is_active": user.is_active,
        "version": user.version,
    }
