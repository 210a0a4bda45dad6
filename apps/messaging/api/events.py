"""REST: the log of a conversation, sending into it, and how far one has read it."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import actor_of
from apps.common.clock import now_ms
from apps.common.rest.openapi import operation
from apps.common.rest.problems import InvalidRequest
from apps.common.rest.structs import read_body, read_query
from apps.messaging import selectors
from apps.messaging.api.actors import sender_of
from apps.messaging.api.sending_rate import SendThrottle
from apps.messaging.api.structs import EventPage, EventRange, NewMessage, NewPositions, Sent, message_schema
from apps.messaging.services.cursors import advance_cursor
from apps.messaging.services.sending import send_message_sync
from apps.wire.frames import ConversationState
from apps.wire.ids import ConversationId

EXAMPLE_ID = "AQGY4qAAAHAAgAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAZjZwZgAAQIDBAUGBwgJ"


class EventsView(APIView):
    """The log of one conversation."""

    throttle_classes = (SendThrottle,)

    @property
    def throttle_scope(self) -> str:
        """Sending has a bound of its own."""
        return "send" if self.request.method == "POST" else "request"

    @operation("events_list", summary="Read events", query=EventRange, answers={200: EventPage}, refusals=(404,))
    def get(self, request: Request, conversation: UUID) -> Response:
        """Return events behind a seq, before one, or the latest ones; always by ascending seq."""
        asked, actor = read_query(request, EventRange), actor_of(request)
        if asked.after is not None and asked.before is not None:
            raise InvalidRequest(field="before", reason="can't be combined with after")
        found = selectors.history_sync(
            actor.tenant_id, actor.id, conversation, after=asked.after, before=asked.before, limit=asked.limit
        )
        return Response(
            EventPage(
                items=found.events,
                max_seq=found.max_seq,
                more=found.more,
                gap_to=found.gap_to,
                start_over=found.start_over,
            )
        )

    @operation(
        "events_send",
        summary="Send a message",
        body=message_schema(),
        answers={201: Sent, 200: Sent},
        refusals=(404, 409),
        example={"id": EXAMPLE_ID, "kind": "text", "body": {"text": "Hello"}},
    )
    def post(self, request: Request, conversation: UUID) -> Response:
        """Store a message and tell the members. 200: this id was stored before, here is what it got then."""
        message = read_body(request, NewMessage)
        ack, repeated = send_message_sync(
            sender_of(request, message_id=message.id),
            message_id=message.id,
            conversation_id=ConversationId(conversation),
            kind=message.kind,
            body=message.body,
            now_ms=now_ms(),
        )
        sent = Sent(id=ack.id, conversation=ack.conversation, seq=ack.seq, time=ack.time)
        return Response(sent, status=200 if repeated else 201)


class CursorView(APIView):
    """How far one has received and read one conversation."""

    @operation(
        "cursor_advance",
        summary="Say how far one has received and read",
        body=NewPositions,
        answers={200: ConversationState},
        refusals=(404,),
        example={"delivered_seq": 42, "read_seq": 40},
    )
    def put(self, request: Request, conversation: UUID) -> Response:
        """Advance one's positions; they never go back, nor beyond the log's end."""
        positions, actor = read_body(request, NewPositions), actor_of(request)
        state = advance_cursor(
            actor,
            conversation_id=ConversationId(conversation),
            delivered_seq=positions.delivered_seq,
            read_seq=positions.read_seq,
        )
        return Response(state)
