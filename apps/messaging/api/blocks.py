"""REST: whom one blocks."""

from uuid import UUID

import msgspec
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import actor_of
from apps.common.clock import to_ms
from apps.common.rest.openapi import operation
from apps.common.rest.pages import read_cursor, read_page
from apps.common.rest.structs import Output, read_query
from apps.messaging.api.structs import Page
from apps.messaging.services.blocks import block_person, unblock_person
from apps.orgs.selectors.relations import blocks_of


class BlockedUser(Output):
    """Somebody whom one blocks."""

    id: UUID
    username: str
    display_name: str


class BlockView(Output):
    """One's block of somebody, made at `at` (unix ms)."""

    user: BlockedUser
    at: int


class BlockPage(Output):
    """One page of blocks, the newest first. `next` is the cursor of the next page, empty at the end."""

    items: list[BlockView]
    next: str


class _Position(msgspec.Struct, array_like=True):
    """Where a page ends; ids grow with time."""

    id: UUID


class BlocksView(APIView):
    """One's blocks."""

    @operation("blocks_list", summary="List blocks", query=Page, answers={200: BlockPage})
    def get(self, request: Request) -> Response:
        """Return whom one blocks."""
        page = read_query(request, Page)
        blocks = blocks_of(actor_of(request))
        if position := read_cursor(page.cursor, _Position):
            blocks = blocks.filter(id__lt=position.id)
        rows, following = read_page(blocks, limit=page.limit, end=lambda block: _Position(block.id))
        items = [
            BlockView(
                user=BlockedUser(block.blocked.id, block.blocked.username, block.blocked.display_name),
                at=to_ms(block.created_at),
            )
            for block in rows
        ]
        return Response(BlockPage(items=items, next=following))


class BlockDetailView(APIView):
    """Oneself and somebody whom one blocks."""

    @operation("blocks_make", summary="Block a person", answers={204: None}, refusals=(404, 409))
    def put(self, request: Request, user: UUID) -> Response:
        """Block a person: neither of the two writes to the other from now on. Again changes nothing."""
        block_person(actor_of(request), user_id=user, now=timezone.now())
        return Response(status=204)

    @operation("blocks_lift", summary="Lift a block", answers={204: None}, refusals=(404,))
    def delete(self, request: Request, user: UUID) -> Response:
        """Lift one's block. Again changes nothing."""
        unblock_person(actor_of(request), user_id=user, now=timezone.now())
        return Response(status=204)
