"""Pages of one conversation's log, for members only, from where they joined or retention begins. Two queries each."""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from apps.common.clock import to_ms
from apps.messaging.errors import ConversationNotFound
from apps.messaging.selectors import queries
from apps.messaging.selectors.reading import Reading, Row, blocking, live
from apps.wire.frames import Events, EventView
from apps.wire.ids import encode_message_id

MAX_PAGE_BYTES = 512 * 1024
"""Bodies in one page; a page that would have more is shorter than asked, with `more`."""


def read_after(tenant_id: UUID, user_id: UUID, conversation_id: UUID, after: int, limit: int) -> Reading[Events]:
    """Return events with seq greater than `after`, oldest first.

    `gap_to`: events up to there are from before the user joined, or past retention. `start_over`: the log ends before
    `after`, and there is nothing to go on from. Raises ConversationNotFound. Two queries.
    """
    max_seq, join_seq = yield from _read_end(tenant_id, user_id, conversation_id)
    if after > max_seq:
        return Events(conversation=conversation_id, events=[], max_seq=max_seq, start_over=True)
    begin = max(after, join_seq - 1)
    rows = yield queries.EVENTS_AFTER, (tenant_id, conversation_id, begin, limit + 1)
    events, more = _page(conversation_id, rows, limit)
    if events:
        begin = events[0].seq - 1  # some may have expired between the two queries
        max_seq = max(max_seq, events[-1].seq)  # or been appended
    gap_to = begin if after < begin else 0
    return Events(conversation=conversation_id, events=events, max_seq=max_seq, more=more, gap_to=gap_to)


def read_history(
    tenant_id: UUID,
    user_id: UUID,
    conversation_id: UUID,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Reading[Events]:
    """Return a page after or before a seq, or with neither the newest one; events are ascending in any case.

    `more` says that there is more in the direction asked for. Raises ConversationNotFound. Two queries.
    """
    if after is not None:
        return (yield from read_after(tenant_id, user_id, conversation_id, after, limit))
    max_seq, join_seq = yield from _read_end(tenant_id, user_id, conversation_id)
    end = max_seq + 1 if before is None else min(before, max_seq + 1)
    rows = yield queries.EVENTS_BEFORE, (tenant_id, conversation_id, end, join_seq, limit + 1)
    events, more = _page(conversation_id, rows, limit)
    return Events(conversation=conversation_id, events=events[::-1], max_seq=max_seq, more=more)


def event_view(conversation_id: UUID, row: Row) -> EventView:
    """Turn seq, message id, kind, sender, time and body into the view of an event."""
    seq, message_id, kind, sender_id, created_at, body = row
    return EventView(
        conversation=conversation_id,
        seq=seq,
        id=encode_message_id(bytes(message_id)),
        kind=kind,
        sender=sender_id,
        time=to_ms(created_at),
        body=msgspec.Raw(bytes(body)),
    )


def _read_end(tenant_id: UUID, user_id: UUID, conversation_id: UUID) -> Reading[tuple[int, int]]:
    """Last seq of the log, and the first that there is for this member."""
    rows = yield queries.LOG_END, (tenant_id, user_id, conversation_id)
    if not rows:
        raise ConversationNotFound(conversation=str(conversation_id))
    max_seq, join_seq = rows[0]
    return max_seq, join_seq


def _page(conversation_id: UUID, rows: Iterable[Row], limit: int) -> tuple[list[EventView], bool]:
    """At most `limit` events and MAX_PAGE_BYTES, but one at least; and whether rows were left over."""
    events: list[EventView] = []
    size_bytes = 0
    for row in rows:
        size_bytes += len(row[-1])
        if len(events) == limit or (events and size_bytes > MAX_PAGE_BYTES):
            return events, True
        events.append(event_view(conversation_id, row))
    return events, False


sync_events = live(read_after)
sync_events_sync = blocking(read_after)
history = live(read_history)
history_sync = blocking(read_history)
