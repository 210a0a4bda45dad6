"""REST: one-time tickets, made by people's clients for light apps, and used up by the servers of those."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from django.utils import timezone
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import access_of, actor_of
from apps.accounts.errors import ScopeInsufficient
from apps.accounts.models import User
from apps.accounts.models.tickets import MAX_AUDIENCE_CHARS
from apps.accounts.services.keys import MAX_TOKEN_CHARS
from apps.accounts.services.ticket_claims import (
    DEFAULT_LIFETIME_S,
    MAX_LIFETIME_S,
    MAX_SCOPE_CHARS,
    MAX_SCOPES,
    MIN_LIFETIME_S,
)
from apps.accounts.services.tickets import issue_ticket, spend_for_app
from apps.common.rest.openapi import operation
from apps.common.rest.structs import Input, Output, read_body

_VISIBLE: Final = r"^[!-~]+$"
_SCOPE: Final = r"^[!#-\[\]-~]+$"
"""Visible ASCII without spaces, of a scope (RFC 6749 §3.3) also without quotes and backslashes. For JSON Schema:
`ticket_claims` decides."""

Scope = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_SCOPE_CHARS, pattern=_SCOPE)]


class NewTicket(Input):
    """A ticket to make. `audience`: `imsite`, or the light app it is for: an origin, or the client id of a program."""

    audience: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_AUDIENCE_CHARS, pattern=_VISIBLE)]
    scopes: Annotated[list[Scope], msgspec.Meta(max_length=MAX_SCOPES)] = []
    lifetime_s: Annotated[int, msgspec.Meta(ge=MIN_LIFETIME_S, le=MAX_LIFETIME_S)] = DEFAULT_LIFETIME_S


class IssuedTicketView(Output):
    """A ticket, a JSON web token, and when it ends."""

    ticket: str
    expires: int


class SpendTicket(Input):
    """A ticket that somebody came with."""

    ticket: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TOKEN_CHARS)]


class SpentTicketView(Output):
    """Who came with a ticket, and what for."""

    user: UUID
    tenant: UUID
    login: str
    display_name: str
    scopes: list[str]
    expires: int


class TicketsView(APIView):
    """Tickets of one's own."""

    @operation(
        "ticket_create",
        summary="Make a one-time ticket for a light app, or for a single request",
        body=NewTicket,
        answers={201: IssuedTicketView},
        refusals=(403,),
        example={"audience": "https://forms.example.com", "scopes": ["profile"], "lifetime_s": 60},
    )
    def post(self, request: Request) -> Response:
        """Make a ticket that speaks for whoever asks."""
        wanted = read_body(request, NewTicket)
        issued = issue_ticket(
            actor_of(request),
            access_of(request),
            issuer=f"{request.scheme}://{request.get_host()}",
            audience=wanted.audience,
            scopes=wanted.scopes,
            lifetime_s=wanted.lifetime_s,
            now=timezone.now(),
        )
        return Response(
            IssuedTicketView(issued.token, issued.expires_ms), status=201, headers={"Cache-Control": "no-store"}
        )


class SpentTicketsView(APIView):
    """Tickets that people bring to a light app, used up by its service account. Its client id is their audience."""

    permission_classes = [IsAuthenticated]

    @operation(
        "ticket_spend",
        summary="Use up a ticket that somebody came to one's light app with",
        body=SpendTicket,
        answers={200: SpentTicketView},
        refusals=(403,),
    )
    def post(self, request: Request) -> Response:
        """Return who it is, once."""
        actor, access = actor_of(request), access_of(request)
        if actor.kind != User.Kind.SERVICE or not access.client_id:
            raise ScopeInsufficient
        token = read_body(request, SpendTicket).ticket
        user, ticket = spend_for_app(token, tenant_id=actor.tenant_id, audience=access.client_id, now=timezone.now())
        found = SpentTicketView(
            user.id, user.tenant_id, user.login, user.display_name, sorted(ticket.scopes), ticket.exp * 1000
        )
        return Response(found, headers={"Cache-Control": "no-store"})
