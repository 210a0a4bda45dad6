"""REST: who holds which role where."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth import get_user_model
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.api.structs import (
    ById,
    GrantPage,
    GrantSearch,
    GrantView,
    NewGrant,
    NewGrants,
    actor_of,
    moment,
    view_of_grant,
)
from apps.access.errors import PersonNotFound
from apps.access.locators import locator_of
from apps.access.models import Grant
from apps.access.policies import Powers
from apps.access.scopes import parse_scope
from apps.access.selectors import Actor, below, get_grant, grants_within, powers_of
from apps.access.services import grant_role, revoke_grant
from apps.access.units import GRANTS_CHANGE, GRANTS_VIEW
from apps.common.rest.bulk import BulkReport, run_bulk
from apps.common.rest.idempotency import idempotent
from apps.common.rest.openapi import KEYED, operation
from apps.common.rest.pages import read_cursor, read_page
from apps.common.rest.structs import BulkParser, read_body, read_query

EXAMPLE = {
    "user": "0198e2a0-0000-7000-8000-000000000001",
    "role": "department_admin",
    "scope": "t:0198e2a000007000800000000000000a/o:0198e2a000007000800000000000000b",
    "expires_at": 1893456000000,
}


class GrantsView(APIView):
    """The grants within what one administers."""

    units = (GRANTS_VIEW, GRANTS_CHANGE)

    @operation("grants_list", summary="List grants", query=GrantSearch, answers={200: GrantPage})
    def get(self, request: Request) -> Response:
        """Return grants, ended ones too, at the scopes where one may see them."""
        search = read_query(request, GrantSearch)
        rows = grants_within(powers_of(actor_of(request), now=timezone.now())).order_by("id")
        if search.scope:
            rows = rows.filter(below([parse_scope(search.scope)]))
        if search.user is not None:
            rows = rows.filter(user_id=search.user)
        if position := read_cursor(search.cursor, ById):
            rows = rows.filter(id__gt=position.id)
        page, following = read_page(rows, limit=search.limit, end=lambda grant: ById(grant.id))
        return Response(GrantPage(items=[view_of_grant(grant) for grant in page], next=following))

    @operation(
        "grants_give",
        summary="Grant a role",
        body=NewGrant,
        answers={201: GrantView},
        refusals=(403, 404, 409),
        example=EXAMPLE,
        headers=(KEYED,),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Give somebody a role at a scope, or her grant of it another end. Nobody gives more than she has herself."""
        actor, now = actor_of(request), timezone.now()
        grant = _give(actor, powers_of(actor, now=now), read_body(request, NewGrant), now)
        return Response(view_of_grant(grant), status=201)


class GrantsBulkView(APIView):
    """Many grants at once."""

    units = (GRANTS_CHANGE,)

    parser_classes = [BulkParser]

    @operation(
        "grants_give_many",
        summary="Grant many roles",
        body=NewGrants,
        answers={200: BulkReport},
        refusals=(403, 404, 409),
        example={"items": [EXAMPLE], "mode": "each"},
        headers=(KEYED,),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Give many roles, all of them or each by itself."""
        actor, now, wanted = actor_of(request), timezone.now(), read_body(request, NewGrants)
        powers = powers_of(actor, now=now)
        return Response(run_bulk(wanted.items, lambda new: _give(actor, powers, new, now).id, mode=wanted.mode))


class GrantDetailView(APIView):
    """One grant."""

    units = (GRANTS_VIEW, GRANTS_CHANGE)

    @operation("grants_read", summary="Read a grant", answers={200: GrantView}, refusals=(404,))
    def get(self, request: Request, grant: UUID) -> Response:
        """Return one grant at a scope where one may see it."""
        powers = powers_of(actor_of(request), now=timezone.now())
        return Response(view_of_grant(get_grant(powers, grant)))

    @operation("grants_revoke", summary="Revoke a grant", answers={204: None}, refusals=(403, 404, 409))
    def delete(self, request: Request, grant: UUID) -> Response:
        """Take a grant away, which needs what it takes to give it."""
        revoke_grant(actor_of(request), grant_id=grant, now=timezone.now())
        return Response(status=204)


def _give(actor: Actor, powers: Powers, new: NewGrant, now: datetime) -> Grant:
    scope = parse_scope(new.scope)
    powers.require(GRANTS_CHANGE, scope)  # first: who may not grant there is not told whose ids there are
    return grant_role(
        actor,
        user=_person(powers, new.user),
        role=new.role,
        scope=scope,
        expires_at=moment(new.expires_at),
        now=now,
    )


def _person(powers: Powers, user_id: UUID) -> Actor:
    """Return somebody who is where one may grant; others are not there. One query. Raises PersonNotFound."""
    users = get_user_model()
    within = locator_of(users).within(powers.scopes(GRANTS_CHANGE))
    found: Actor | None = users._base_manager.filter(within, pk=user_id).first()
    if found is None:
        raise PersonNotFound(user=str(user_id))
    return found
