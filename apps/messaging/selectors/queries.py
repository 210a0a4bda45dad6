"""The SQL behind the selectors. Every statement names the tenant, and the user whose memberships bound what it sees.

A log begins, for a member, where she joined, or behind what is past retention if that is later. That is `join_seq`.
"""

from typing import Final

UNREAD_SCAN: Final = 10_000
"""Events after the read position that are looked at, newest first, for the unread count: bounds the cost for someone
who writes much and reads nothing. Only beyond that many events can the count come out too low."""

_UNREAD: Final = f"""
CROSS JOIN LATERAL (
    SELECT count(*) AS unread FROM (
        SELECT 1 FROM (
            SELECT e.sender_id, e.countable FROM messaging_event AS e
            WHERE e.tenant_id = p.tenant_id AND e.conversation_id = p.conversation_id
              AND e.seq > GREATEST(COALESCE(cu.read_seq, 0), p.join_seq - 1)
            ORDER BY e.seq DESC
            LIMIT {UNREAD_SCAN}
        ) AS newest
        WHERE newest.countable AND newest.sender_id <> p.user_id
        LIMIT %s
    ) AS counted
) AS u
"""  # noqa: S608 - all parts are constants of this module; values only ever travel as parameters

_MEMBER_OF_LOG: Final = """
SELECT m.tenant_id, m.conversation_id, m.user_id, GREATEST(m.join_seq, l.expired_seq + 1) AS join_seq,
       l.max_seq, l.last_event_at
FROM conversations_member AS m
JOIN messaging_log AS l ON l.conversation_id = m.conversation_id AND l.tenant_id = m.tenant_id
"""

_MEMBERSHIP: Final = f"""
{_MEMBER_OF_LOG}
WHERE m.tenant_id = %s AND m.user_id = %s
"""

_LATEST_FIRST: Final = "ORDER BY last_event_at DESC, conversation_id DESC"

_CURSOR: Final = """
LEFT JOIN messaging_cursor AS cu
    ON cu.tenant_id = p.tenant_id AND cu.conversation_id = p.conversation_id AND cu.user_id = p.user_id
"""

_STATE_COLUMNS: Final = """
p.conversation_id, p.max_seq, p.join_seq, COALESCE(cu.delivered_seq, 0), COALESCE(cu.read_seq, 0), u.unread
"""

STATE: Final = f"""
WITH p AS ({_MEMBERSHIP} AND m.conversation_id = %s)
SELECT {_STATE_COLUMNS} FROM p {_CURSOR} {_UNREAD}
"""  # noqa: S608 - as above

CHANGED: Final = f"""
SELECT k.place, {_STATE_COLUMNS}
FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) WITH ORDINALITY AS k(tenant_id, user_id, since, place)
CROSS JOIN LATERAL (
    {_MEMBER_OF_LOG}
    WHERE m.tenant_id = k.tenant_id AND m.user_id = k.user_id AND (l.last_event_at >= k.since OR EXISTS (
        SELECT 1 FROM messaging_cursor AS c
        WHERE c.tenant_id = m.tenant_id AND c.conversation_id = m.conversation_id AND c.user_id = m.user_id
          AND c.updated_at >= k.since
    ))
    {_LATEST_FIRST}
    LIMIT %s
) AS p
{_CURSOR}
{_UNREAD}
ORDER BY k.place, p.last_event_at DESC, p.conversation_id DESC
"""  # noqa: S608 - as above

WENT_ON: Final = """
SELECT m.user_id, m.conversation_id, l.max_seq
FROM conversations_member AS m
JOIN messaging_log AS l ON l.conversation_id = m.conversation_id AND l.tenant_id = m.tenant_id
WHERE m.tenant_id = %s AND m.user_id = ANY(%s) AND l.last_event_at >= %s
ORDER BY m.user_id, m.conversation_id
LIMIT %s
"""

_VIEW_COLUMNS: Final = f"""
{_STATE_COLUMNS}, p.last_event_at, c.kind, c.title, c.member_count,
e.seq, e.message_id, e.kind, e.sender_id, e.created_at, e.body
"""

_VIEW_JOINS: Final = f"""
JOIN conversations_conversation AS c ON c.id = p.conversation_id AND c.tenant_id = p.tenant_id
{_CURSOR}
{_UNREAD}
LEFT JOIN messaging_event AS e
    ON e.tenant_id = p.tenant_id AND e.conversation_id = p.conversation_id AND e.seq = p.max_seq
   AND e.seq >= p.join_seq
"""

FIRST_PAGE: Final = f"""
WITH p AS ({_MEMBERSHIP} {_LATEST_FIRST} LIMIT %s)
SELECT {_VIEW_COLUMNS} FROM p {_VIEW_JOINS} {_LATEST_FIRST}
"""  # noqa: S608 - as above

NEXT_PAGE: Final = f"""
WITH p AS (
    {_MEMBERSHIP} AND (l.last_event_at, m.conversation_id) < (%s, %s) {_LATEST_FIRST} LIMIT %s
)
SELECT {_VIEW_COLUMNS} FROM p {_VIEW_JOINS} {_LATEST_FIRST}
"""  # noqa: S608 - as above

ONE_VIEW: Final = f"""
WITH p AS ({_MEMBERSHIP} AND m.conversation_id = %s)
SELECT {_VIEW_COLUMNS} FROM p {_VIEW_JOINS}
"""  # noqa: S608 - as above

_MEMBER_COLUMNS: Final = """
m.conversation_id, m.id, m.user_id, a.display_name, m.role,
COALESCE(cu.delivered_seq, 0), COALESCE(cu.read_seq, 0)
"""

_MEMBER_JOINS: Final = """
JOIN accounts_user AS a ON a.id = m.user_id AND a.tenant_id = m.tenant_id
LEFT JOIN messaging_cursor AS cu
    ON cu.tenant_id = m.tenant_id AND cu.conversation_id = m.conversation_id AND cu.user_id = m.user_id
"""

FIRST_MEMBERS: Final = f"""
SELECT {_MEMBER_COLUMNS}
FROM unnest(%s::uuid[]) AS n(conversation_id)
CROSS JOIN LATERAL (
    SELECT * FROM conversations_member AS s
    WHERE s.tenant_id = %s AND s.conversation_id = n.conversation_id
    ORDER BY s.id
    LIMIT %s
) AS m
{_MEMBER_JOINS}
ORDER BY m.conversation_id, m.id
"""  # noqa: S608 - as above

MEMBER_PAGE: Final = f"""
SELECT {_MEMBER_COLUMNS}
FROM conversations_member AS m
{_MEMBER_JOINS}
WHERE m.tenant_id = %s AND m.conversation_id = %s AND m.id > %s
  AND EXISTS (
    SELECT 1 FROM conversations_member AS own
    WHERE own.tenant_id = m.tenant_id AND own.conversation_id = m.conversation_id AND own.user_id = %s
  )
ORDER BY m.id
LIMIT %s
"""  # noqa: S608 - as above

LOG_END: Final = """
SELECT l.max_seq, GREATEST(m.join_seq, l.expired_seq + 1)
FROM conversations_member AS m
JOIN messaging_log AS l ON l.conversation_id = m.conversation_id AND l.tenant_id = m.tenant_id
WHERE m.tenant_id = %s AND m.user_id = %s AND m.conversation_id = %s
"""

# What expired after the log's beginning had been read is left out: whoever asks sees the hole and asks again.
EVENTS_AFTER: Final = """
SELECT seq, message_id, kind, sender_id, created_at, body
FROM messaging_event
WHERE tenant_id = %s AND conversation_id = %s AND seq > %s AND kind <> 'expired'
ORDER BY seq
LIMIT %s
"""

EVENTS_BEFORE: Final = """
SELECT seq, message_id, kind, sender_id, created_at, body
FROM messaging_event
WHERE tenant_id = %s AND conversation_id = %s AND seq < %s AND seq >= %s AND kind <> 'expired'
ORDER BY seq DESC
LIMIT %s
"""
