"""REST: the terminals that one is signed in from, and shutting them out."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import access_of, actor_of
from apps.accounts.models import Terminal, User
from apps.accounts.models.terminals import MAX_LABEL_CHARS
from apps.accounts.places import place_of
from apps.accounts.selectors import terminals_of, terminals_of_token
from apps.accounts.services.terminals import rename_terminal, revoke_other_terminals, revoke_own_terminal
from apps.common.clock import to_ms
from apps.common.rest.openapi import operation
from apps.common.rest.structs import Input, Output, read_body
from apps.common.text import LINE_PATTERN
from apps.events.asking import open_terminals
from apps.wire.frames import Platform

Label = Annotated[str, msgspec.Meta(max_length=MAX_LABEL_CHARS, pattern=LINE_PATTERN)]


class TerminalView(Output):
    """A terminal. `name` is what its client calls it, `label` what one calls it oneself.

    `place` is the kind of `address` it was last used from, `is_current` whether it is the one that asks, `is_online`
    whether it has a connection at this moment, and `is_closed` whether another one took its place.
    """

    id: UUID
    platform: Platform
    name: str
    label: str
    address: str
    place: Literal["", "loopback", "private", "public"]
    created: int
    last_seen: int
    is_current: bool
    is_online: bool
    is_closed: bool


class TerminalList(Output):
    """All of one's terminals that are not revoked, the last used first."""

    items: list[TerminalView]


class TerminalName(Input):
    """What to call it; empty for what it calls itself."""

    label: Label


class Revoked(Output):
    """How many terminals were shut out."""

    count: int


class TerminalsView(APIView):
    """One's terminals."""

    @operation("terminals_list", summary="List one's own terminals", answers={200: TerminalList})
    def get(self, request: Request) -> Response:
        """Return one's terminals."""
        actor = actor_of(request)
        online, current = open_terminals(actor.id), _current(request, actor)
        return Response(
            TerminalList(
                items=[view_of(each, current=current, online=online) for each in terminals_of(actor)],
            )
        )


class TerminalDetailView(APIView):
    """One of them."""

    @operation(
        "terminals_rename",
        summary="Name a terminal",
        body=TerminalName,
        answers={200: TerminalView},
        refusals=(404,),
        example={"label": "Kitchen tablet"},
    )
    def patch(self, request: Request, terminal: UUID) -> Response:
        """Call a terminal something."""
        actor = actor_of(request)
        row = rename_terminal(actor, terminal_id=terminal, label=read_body(request, TerminalName).label)
        return Response(view_of(row, current=_current(request, actor), online=open_terminals(actor.id)))

    @operation("terminals_revoke", summary="Shut a terminal out", answers={204: None}, refusals=(404,))
    def delete(self, request: Request, terminal: UUID) -> Response:
        """Shut a terminal out for good: its connections, its tokens, and all browser sessions of one's pages."""
        revoke_own_terminal(actor_of(request), terminal_id=terminal, now=timezone.now())
        return Response(status=204)


class OtherTerminalsView(APIView):
    """All but the one that asks."""

    @operation("terminals_revoke_others", summary="Shut all other terminals out", answers={200: Revoked})
    def post(self, request: Request) -> Response:
        """Shut out every terminal but the one that asks, and all browser sessions of one's pages."""
        actor = actor_of(request)
        count = revoke_other_terminals(actor, keep=_current(request, actor), now=timezone.now())
        return Response(Revoked(count=count))


def view_of(terminal: Terminal, *, current: set[UUID], online: set[UUID]) -> TerminalView:
    """Return a terminal as one sees it."""
    return TerminalView(
        id=terminal.id,
        platform=msgspec.convert(terminal.platform, Platform),
        name=terminal.name,
        label=terminal.label,
        address=terminal.address,
        place=place_of(terminal.address).value,
        created=to_ms(terminal.created_at),
        last_seen=to_ms(terminal.last_seen_at),
        is_current=terminal.id in current,
        is_online=terminal.id in online,
        is_closed=terminal.displaced_at is not None,
    )


def _current(request: Request, actor: User) -> set[UUID]:
    """The terminals that use the token of the request; a ticket is no terminal's."""
    token_id = access_of(request).token_id
    return terminals_of_token(actor, int(token_id)) if token_id.isdecimal() else set()
