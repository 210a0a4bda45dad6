"""REST: who is in a conversation."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import actor_of
from apps.common.clock import now_ms
from apps.common.rest.openapi import operation
from apps.common.rest.structs import read_body, read_query
from apps.conversations.selectors import get_conversation
from apps.messaging import selectors
from apps.messaging.api.structs import Added, MemberPage, NewMembers, NewRole, Page
from apps.messaging.services import conversations as services


class MembersView(APIView):
    """The members of one conversation."""

    @operation("members_list", summary="List the members", query=Page, answers={200: MemberPage}, refusals=(404,))
    def get(self, request: Request, conversation: UUID) -> Response:
        """Return members with their roles and how far they have received and read, longest-standing first."""
        page, actor = read_query(request, Page), actor_of(request)
        items, following = selectors.list_members_sync(actor.tenant_id, actor.id, conversation, page.cursor, page.limit)
        return Response(MemberPage(items=items, next=following))

    @operation(
        "members_add",
        summary="Add members to a group",
        body=NewMembers,
        answers={200: Added},
        refusals=(403, 404, 409),
        example={"members": ["0198e2a0-0000-7000-8000-000000000001"]},
    )
    def post(self, request: Request, conversation: UUID) -> Response:
        """Add people to a group; its owner and admins may. They see what is said from now on."""
        actor, wanted = actor_of(request), read_body(request, NewMembers)
        group = get_conversation(actor, conversation)
        added = services.add_members(actor, conversation=group, user_ids=wanted.members, now_ms=now_ms())
        return Response(Added(added=added))


class MemberDetailView(APIView):
    """One member of one conversation."""

    @operation(
        "members_set_role",
        summary="Give a member another role",
        body=NewRole,
        answers={204: None},
        refusals=(403, 404, 409),
        example={"role": "admin"},
    )
    def patch(self, request: Request, conversation: UUID, user: UUID) -> Response:
        """Give a member another role; the owner may."""
        actor, role = actor_of(request), read_body(request, NewRole).role
        group = get_conversation(actor, conversation)
        services.set_role(actor, conversation=group, user_id=user, role=role, now_ms=now_ms())
        return Response(status=204)

    @operation(
        "members_remove",
        summary="Remove a member, or leave",
        answers={204: None},
        refusals=(403, 404, 409),
    )
    def delete(self, request: Request, conversation: UUID, user: UUID) -> Response:
        """Remove a member of a lower role than one's own, or leave by naming oneself."""
        actor = actor_of(request)
        group = get_conversation(actor, conversation)
        services.remove_member(actor, conversation=group, user_id=user, now_ms=now_ms())
        return Response(status=204)
