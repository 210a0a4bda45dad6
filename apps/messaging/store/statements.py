"""The SQL of the log, the same text for the async store and for Django's connection, and its parameters.

Locks are taken in the order of conversation ids. Everything is CockroachDB-clean: no advisory locks, no triggers,
constraints checked at once, statements far below 16 MiB (the batch is bounded in rows and bytes).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.common.arrays import Columns
from apps.common.clock import to_ms
from apps.messaging.store.plan import KnownEvent, KnownEvents, LogEnd, NewRow
from apps.messaging.store.records import Draft, MemberList
from apps.wire.ids import ConversationId, TenantId, UserId

LOCK_LOGS: Final = """
SELECT conversation_id, tenant_id, max_seq, members_epoch, last_event_at
FROM messaging_log
WHERE conversation_id = ANY(%s::uuid[]) AND tenant_id = ANY(%s::uuid[])
ORDER BY conversation_id
FOR UPDATE
"""

# A statement of its own after the lock: under READ COMMITTED it sees what the lock has waited for. LATERAL with LIMIT
# keeps it one index probe per id, whatever the planner believes about the size of the table.
KNOWN_EVENTS: Final = """
SELECT e.tenant_id, e.message_id, e.conversation_id, e.seq, e.created_at, e.sender_id, e.digest
FROM unnest(%s::uuid[], %s::bytea[]) AS k(tenant_id, message_id)
CROSS JOIN LATERAL (
    SELECT * FROM messaging_event
    WHERE messaging_event.tenant_id = k.tenant_id AND messaging_event.message_id = k.message_id
    LIMIT 1
) AS e
"""

MEMBERS: Final = """
SELECT conversation_id, user_id, may_write
FROM conversations_member
WHERE conversation_id = ANY(%s::uuid[]) AND tenant_id = ANY(%s::uuid[])
ORDER BY conversation_id, user_id
"""

UPDATE_LOGS: Final = """
UPDATE messaging_log
SET max_seq = n.max_seq, last_event_at = n.last_event_at
FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::timestamptz[])
    AS n(conversation_id, tenant_id, max_seq, last_event_at)
WHERE messaging_log.conversation_id = n.conversation_id AND messaging_log.tenant_id = n.tenant_id
"""

INSERT_EVENTS: Final = """
INSERT INTO messaging_event
    (conversation_id, seq, tenant_id, message_id, kind, sender_id, created_at, countable, body, digest)
SELECT * FROM unnest(
    %s::uuid[], %s::bigint[], %s::uuid[], %s::bytea[], %s::text[],
    %s::uuid[], %s::timestamptz[], %s::boolean[], %s::bytea[], %s::bytea[]
)
"""

LogRow = tuple[UUID, UUID, int, int, datetime]
KnownRow = tuple[UUID, bytes, UUID, int, datetime, UUID, bytes]
MemberRow = tuple[UUID, UUID, bool]
Parameters = tuple[Any, ...]


def lock_parameters(drafts: Sequence[Draft], columns: Columns) -> Parameters:
    """For LOCK_LOGS."""
    return (
        columns.uuids(list({draft.conversation_id.int: draft.conversation_id for draft in drafts}.values())),
        columns.uuids(list({draft.tenant_id.int: draft.tenant_id for draft in drafts}.values())),
    )


def known_parameters(drafts: Sequence[Draft], columns: Columns) -> Parameters:
    """For KNOWN_EVENTS."""
    return (
        columns.uuids([draft.tenant_id for draft in drafts]),
        columns.blobs([draft.message_id for draft in drafts]),
    )


def member_parameters(logs: Mapping[ConversationId, LogEnd], columns: Columns) -> Parameters:
    """For MEMBERS of these conversations."""
    return columns.uuids(list(logs)), columns.uuids(list({log.tenant_id for log in logs.values()}))


def update_parameters(grown: Mapping[ConversationId, LogEnd], columns: Columns) -> Parameters:
    """For UPDATE_LOGS."""
    return (
        columns.uuids(list(grown)),
        columns.uuids([log.tenant_id for log in grown.values()]),
        columns.integers([log.max_seq for log in grown.values()]),
        columns.times([log.last_event_ms for log in grown.values()]),
    )


def insert_parameters(rows: Sequence[NewRow], columns: Columns) -> Parameters:
    """For INSERT_EVENTS."""
    drafts = [row[0] for row in rows]
    return (
        columns.uuids([draft.conversation_id for draft in drafts]),
        columns.integers([row[1] for row in rows]),
        columns.uuids([draft.tenant_id for draft in drafts]),
        columns.blobs([draft.message_id for draft in drafts]),
        columns.texts([draft.kind for draft in drafts]),
        columns.uuids([draft.sender_id for draft in drafts]),
        columns.times([row[2] for row in rows]),
        columns.flags([draft.countable for draft in drafts]),
        columns.blobs([draft.body for draft in drafts]),
        columns.blobs([row[3] for row in rows]),
    )


def read_logs(rows: Iterable[LogRow]) -> dict[ConversationId, LogEnd]:
    """Turn the rows of LOCK_LOGS into log ends."""
    return {
        ConversationId(conversation_id): LogEnd(TenantId(tenant_id), max_seq, epoch, to_ms(last_event_at))
        for conversation_id, tenant_id, max_seq, epoch, last_event_at in rows
    }


def read_known(rows: Iterable[KnownRow]) -> KnownEvents:
    """Turn the rows of KNOWN_EVENTS into what planning looks ids up in."""
    return {
        (TenantId(tenant_id), bytes(message_id)): KnownEvent(
            ConversationId(conversation_id), seq, to_ms(created_at), UserId(sender_id), bytes(digest)
        )
        for tenant_id, message_id, conversation_id, seq, created_at, sender_id, digest in rows
    }


def read_members(rows: Iterable[MemberRow]) -> dict[ConversationId, MemberList]:
    """Turn the rows of MEMBERS into one list per conversation."""
    found: dict[ConversationId, list[UserId]] = {}
    silent: dict[ConversationId, list[UserId]] = {}
    for conversation_id, user_id, may_write in rows:
        found.setdefault(ConversationId(conversation_id), []).append(UserId(user_id))
        if not may_write:
            silent.setdefault(ConversationId(conversation_id), []).append(UserId(user_id))
    return {key: MemberList(ids, silent=silent.get(key, ())) for key, ids in found.items()}
