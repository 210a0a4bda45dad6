"""REST: the list of one's conversations, starting one, its title."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import actor_of
from apps.accounts.models import User
from apps.common.clock import now_ms
from apps.common.rest.openapi import one_of, operation
from apps.common.rest.structs import read_body, read_query
from apps.conversations.models import Conversation
from apps.conversations.selectors import get_conversation
from apps.messaging import selectors
from apps.messaging.api.structs import ConversationPage, NewDirect, NewGroup, NewTitle, Page
from apps.messaging.services import conversations as services
from apps.wire.frames import ConversationView

NEW_CONVERSATION: type[NewDirect | NewGroup] = NewDirect | NewGroup  # type: ignore[assignment]  # msgspec tells by kind


class ConversationsView(APIView):
    """One's conversations."""

    @operation("conversations_list", summary="List one's conversations", query=Page, answers={200: ConversationPage})
    def get(self, request: Request) -> Response:
        """Return one's conversations with unread counts and last events, latest activity first."""
        page, actor = read_query(request, Page), actor_of(request)
        time = now_ms()
        listed = selectors.list_conversations_sync(actor.tenant_id, actor.id, page.cursor, page.limit)
        return Response(ConversationPage(items=listed.items, next=listed.next, time=time))

    @operation(
        "conversations_start",
        summary="Start a conversation",
        body=one_of(NewDirect, NewGroup),
        answers={201: ConversationView, 200: ConversationView},
        refusals=(404, 409),
        example={"kind": "group", "title": "Launch", "members": ["0198e2a0-0000-7000-8000-000000000001"]},
    )
    def post(self, request: Request) -> Response:
        """Start a direct conversation or a group. 200: the direct conversation was there already."""
        actor = actor_of(request)
        conversation, created = _start(actor, read_body(request, NEW_CONVERSATION))
        return Response(_view(actor, conversation.pk), status=201 if created else 200)


class ConversationDetailView(APIView):
    """One conversation."""

    @operation("conversations_read", summary="Read a conversation", answers={200: ConversationView}, refusals=(404,))
    def get(self, request: Request, conversation: UUID) -> Response:
        """Return one conversation as the list shows it."""
        return Response(_view(actor_of(request), conversation))

    @operation(
        "conversations_rename",
        summary="Rename a group",
        body=NewTitle,
        answers={200: ConversationView},
        refusals=(403, 404, 409),
        example={"title": "Launch on Friday"},
    )
    def patch(self, request: Request, conversation: UUID) -> Response:
        """Give a group another title; its owner and admins may."""
        actor, title = actor_of(request), read_body(request, NewTitle).title
        services.rename(actor, conversation=get_conversation(actor, conversation), title=title, now_ms=now_ms())
        return Response(_view(actor, conversation))


def _start(actor: User, wanted: NewDirect | NewGroup) -> tuple[Conversation, bool]:
    if isinstance(wanted, NewDirect):
        return services.start_direct(actor, other_id=wanted.user, now_ms=now_ms())
    return services.start_group(actor, title=wanted.title, member_ids=wanted.members, now_ms=now_ms()), True


def _view(actor: User, conversation_id: UUID) -> ConversationView:
    return selectors.conversation_view_sync(actor.tenant_id, actor.id, conversation_id)
