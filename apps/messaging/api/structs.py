"""What the REST API of conversations takes and gives; rows of logs look as they do on the WebSocket."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec

from apps.common.rest.openapi import named_schema, reference
from apps.common.rest.pages import DEFAULT_LIMIT, Cursor, Limit
from apps.common.rest.structs import Input, Output
from apps.common.text import LINE_PATTERN, NONBLANK_LINE_PATTERN
from apps.conversations.services import MAX_TITLE_CHARS
from apps.wire.bodies import MESSAGE_BODIES
from apps.wire.frames import MAX_SYNC_EVENTS, ConversationView, EventView, MemberView, Seq
from apps.wire.ids import MESSAGE_ID_CHARS, MESSAGE_ID_PATTERN

MAX_NAMED_MEMBERS: Final = 1000
"""Of one request; how many a group may have is a setting."""

Members = Annotated[list[UUID], msgspec.Meta(max_length=MAX_NAMED_MEMBERS)]


class Page(Input):
    """Which part of a list."""

    cursor: Cursor = ""
    limit: Limit = DEFAULT_LIMIT


class ConversationPage(Output):
    """One page of conversations, latest activity first. `time` is the server's clock."""

    items: list[ConversationView]
    next: str
    time: int


class NewDirect(Input, tag_field="kind", tag="direct"):
    """A conversation with one other person; there is one per pair."""

    user: UUID


class NewGroup(Input, tag_field="kind", tag="group"):
    """A group; whoever makes it owns it."""

    title: Annotated[str, msgspec.Meta(max_length=MAX_TITLE_CHARS, pattern=LINE_PATTERN)] = ""
    members: Members = []


class NewTitle(Input):
    """Another title for a group."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TITLE_CHARS, pattern=NONBLANK_LINE_PATTERN)]


class MemberPage(Output):
    """One page of members, longest-standing first."""

    items: list[MemberView]
    next: str


class NewMembers(Input):
    """Whom to add to a group; those who are in it already are passed over."""

    members: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=MAX_NAMED_MEMBERS)]


class Added(Output):
    """Who was not in the group before."""

    added: list[UUID]


class NewRole(Input):
    """Another role for a member. Making someone the owner makes oneself an admin."""

    role: Literal["owner", "admin", "member"]


class EventRange(Input):
    """Which events: those behind `after`, or those before `before`; without either the latest ones."""

    after: Annotated[Seq, msgspec.Meta(description="Events behind this seq, up to `limit` of them.")] | None = None
    before: Annotated[Seq, msgspec.Meta(description="The last `limit` events before this seq.")] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_SYNC_EVENTS, description="Events of a page.")] = DEFAULT_LIMIT


class EventPage(Output):
    """Events by ascending seq.

    `more`: there are further ones in the direction of the paging. `gap_to` > 0: what lies behind `after`, up to and
    including `gap_to`, can't be seen by the caller. `start_over`: `after` lies beyond the log's end, so the caller's
    copy is of another history.
    """

    items: list[EventView]
    max_seq: int
    more: bool
    gap_to: int
    start_over: bool


class NewMessage(Input):
    """A message to send. The client makes the id, and sends the same one again until it has an answer."""

    id: str
    kind: str
    body: msgspec.Raw


class Sent(Output):
    """The message is stored, with this seq and time; the same answer for every repetition of the id."""

    id: str
    conversation: UUID
    seq: int
    time: int


class NewPositions(Input):
    """How far one has received and read; they only grow."""

    delivered_seq: Seq = 0
    read_seq: Seq = 0


def message_schema() -> dict[str, Any]:
    """Return the JSON Schema of NewMessage, which knows the body of every kind."""
    return named_schema(
        "NewMessage",
        {
            "title": "NewMessage",
            "description": NewMessage.__doc__,
            "oneOf": [
                {
                    "type": "object",
                    "properties": {
                        "id": {
                            "type": "string",
                            "pattern": MESSAGE_ID_PATTERN,
                            "minLength": MESSAGE_ID_CHARS,
                            "maxLength": MESSAGE_ID_CHARS,
                        },
                        "kind": {"const": kind},
                        "body": reference(body),
                    },
                    "required": ["id", "kind", "body"],
                    "additionalProperties": False,
                }
                for kind, body in MESSAGE_BODIES.items()
            ],
        },
    )
