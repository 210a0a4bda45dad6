"""A user's conversations: the list with unread counts and last events, single ones, their members."""

import base64
import binascii
import struct
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from apps.common.clock import to_datetime, to_ms
from apps.messaging.errors import ConversationNotFound, InvalidCursor
from apps.messaging.selectors import queries
from apps.messaging.selectors.events import event_view
from apps.messaging.selectors.reading import Reading, Row, blocking, live
from apps.wire.frames import UNREAD_CAP, Conversations, ConversationState, ConversationView, MemberView

LISTED_MEMBERS: Final = 8
"""Members shown with a conversation; enough to be complete for direct ones."""

_LATEST_MS: Final = 253_402_300_799_999
"""End of the year 9999, the last that a datetime can name; clients may ask for any time."""
_POSITION: Final = struct.Struct("!q16s")
_FIRST_ID: Final = UUID(int=0)
_STATE_WIDTH: Final = 6


def read_conversations(tenant_id: UUID, user_id: UUID, cursor: str, limit: int) -> Reading[Conversations]:
    """Return a page of the user's conversations, latest event first. `cursor` is "" or the `next` of the page before.

    Raises InvalidCursor. Two queries.
    """
    if cursor:
        last_event_at, conversation_id = _decode_position(cursor)
        rows = yield (
            queries.NEXT_PAGE,
            (tenant_id, user_id, last_event_at, conversation_id, limit + 1, UNREAD_CAP),
        )
    else:
        rows = yield queries.FIRST_PAGE, (tenant_id, user_id, limit + 1, UNREAD_CAP)
    page = rows[:limit]
    members = yield from _read_first_members(tenant_id, page)
    more = len(rows) > limit
    return Conversations(
        items=[_view(row, members.get(row[0], [])) for row in page],
        next=_encode_position(page[-1][_STATE_WIDTH], page[-1][0]) if more else "",
    )


def read_view(tenant_id: UUID, user_id: UUID, conversation_id: UUID) -> Reading[ConversationView]:
    """Return one conversation as the list shows it. Raises ConversationNotFound. Two queries."""
    rows = yield queries.ONE_VIEW, (tenant_id, user_id, conversation_id, UNREAD_CAP)
    if not rows:
        raise ConversationNotFound(conversation=str(conversation_id))
    members = yield from _read_first_members(tenant_id, rows)
    return _view(rows[0], members.get(conversation_id, []))


def read_state(tenant_id: UUID, user_id: UUID, conversation_id: UUID) -> Reading[ConversationState]:
    """Return how far one conversation has got. Raises ConversationNotFound. One query."""
    rows = yield queries.STATE, (tenant_id, user_id, conversation_id, UNREAD_CAP)
    if not rows:
        raise ConversationNotFound(conversation=str(conversation_id))
    return ConversationState(*rows[0])


class Since(NamedTuple):
    """A user who wants to know what changed at or after a time."""

    tenant_id: UUID
    user_id: UUID
    since_ms: int


def read_changed(asked: Sequence[Since], limit: int) -> Reading[list[list[ConversationState]]]:
    """Return, for each who asks, the first `limit` conversations with an event, or a grown cursor of hers, since then.

    Times are given before the commit and by several clocks, so callers ask from a little earlier. One query for all.
    """
    tenants, users = [each.tenant_id for each in asked], [each.user_id for each in asked]
    times = [to_datetime(min(each.since_ms, _LATEST_MS)) for each in asked]
    rows = yield queries.CHANGED, (tenants, users, times, limit, UNREAD_CAP)
    changed: list[list[ConversationState]] = [[] for _ in asked]
    for place, *state in rows:
        changed[place - 1].append(ConversationState(*state))
    return changed


def read_went_on(
    tenant_id: UUID, user_ids: Sequence[UUID], since_ms: int, limit: int
) -> Reading[list[tuple[UUID, UUID, int]]]:
    """Return the first `limit` of (user, conversation, last seq) with an event at or after `since_ms`. One query."""
    rows = yield queries.WENT_ON, (tenant_id, list(user_ids), to_datetime(min(since_ms, _LATEST_MS)), limit)
    return [(user, conversation, seq) for user, conversation, seq in rows]


def read_members(
    tenant_id: UUID, user_id: UUID, conversation_id: UUID, cursor: str, limit: int
) -> Reading[tuple[list[MemberView], str]]:
    """Return a page of members, longest-standing first, and the cursor of the next one ("" at the end).

    Raises ConversationNotFound or InvalidCursor. One query, two for an empty page.
    """
    after = _decode_id(cursor) if cursor else _FIRST_ID
    rows = yield queries.MEMBER_PAGE, (tenant_id, conversation_id, after, user_id, limit + 1)
    if not rows:
        yield from read_state(tenant_id, user_id, conversation_id)
    page = rows[:limit]
    following = _encode_id(page[-1][1]) if len(rows) > limit else ""
    return [_member(row) for row in page], following


def _read_first_members(tenant_id: UUID, page: Iterable[Row]) -> Reading[dict[UUID, list[MemberView]]]:
    rows = yield queries.FIRST_MEMBERS, ([row[0] for row in page], tenant_id, LISTED_MEMBERS)
    found: dict[UUID, list[MemberView]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(_member(row))
    return found


def _member(row: Row) -> MemberView:
    _, _, user_id, name, role, delivered_seq, read_seq = row
    return MemberView(user=user_id, name=name, role=role, delivered_seq=delivered_seq, read_seq=read_seq)


def _view(row: Row, members: list[MemberView]) -> ConversationView:
    last_event_at, kind, title, member_count = row[_STATE_WIDTH : _STATE_WIDTH + 4]
    last = row[_STATE_WIDTH + 4 :]
    return ConversationView(
        state=ConversationState(*row[:_STATE_WIDTH]),
        kind=kind,
        title=title,
        member_count=member_count,
        members=members,
        time=to_ms(last_event_at),
        last=None if last[0] is None else event_view(row[0], last),
    )


def _encode_position(last_event_at: datetime, conversation_id: UUID) -> str:
    packed = _POSITION.pack(to_ms(last_event_at), conversation_id.bytes)
    return base64.urlsafe_b64encode(packed).decode("ascii")


def _decode_position(cursor: str) -> tuple[datetime, UUID]:
    try:
        time_ms, id_bytes = _POSITION.unpack(base64.b64decode(cursor, altchars=b"-_", validate=True))
        return to_datetime(time_ms), UUID(bytes=id_bytes)
    except (binascii.Error, struct.error, ValueError, OverflowError, OSError) as error:
        raise InvalidCursor from error


def _encode_id(row_id: UUID) -> str:
    return base64.urlsafe_b64encode(row_id.bytes).decode("ascii")


def _decode_id(cursor: str) -> UUID:
    try:
        return UUID(bytes=base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise InvalidCursor from error


changed_since = live(read_changed)
changed_since_sync = blocking(read_changed)
conversation_state = live(read_state)
conversation_state_sync = blocking(read_state)
conversation_view = live(read_view)
conversation_view_sync = blocking(read_view)
list_conversations = live(read_conversations)
list_conversations_sync = blocking(read_conversations)
list_members = live(read_members)
list_members_sync = blocking(read_members)
went_on = live(read_went_on)
