"""The SQL behind sign-in on a socket, for many at once, and its parameters.

LATERAL with LIMIT keeps each lookup one index probe, whatever the planner believes about the size of a table. Sign-in
is where rows are looked for across tenants: the token says who someone is, and with that which tenant is hers.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from apps.accounts.policies import Arrival, Principal
from apps.common.arrays import PACKED
from apps.common.clock import to_ms

MAX_TERMINALS: Final = 200
"""Per user; at the bound the ones seen longest ago make room. Revoked ones stay, or their ids would work again."""

CHECK: Final = """
SELECT p.expires, p.scope, p.user_id, p.tenant_id, p.is_active, p.status, p.locale,
       t.user_id, t.revoked_at, t.platform, t.name, t.last_seen_at
FROM unnest(%s::text[], %s::uuid[]) WITH ORDINALITY AS k(checksum, terminal_id, place)
LEFT JOIN LATERAL (
    SELECT a.expires, a.scope, u.id AS user_id, u.tenant_id, u.is_active, u.locale, e.status
    FROM oauth2_provider_accesstoken AS a
    JOIN accounts_user AS u ON u.id = a.user_id
    JOIN tenants_tenant AS e ON e.id = u.tenant_id
    WHERE a.token_checksum = k.checksum
    LIMIT 1
) AS p ON true
LEFT JOIN LATERAL (
    SELECT s.user_id, s.revoked_at, s.platform, s.name, s.last_seen_at
    FROM accounts_terminal AS s
    WHERE s.id = k.terminal_id
    LIMIT 1
) AS t ON true
ORDER BY k.place
"""

INSERT_TERMINALS: Final = """
INSERT INTO accounts_terminal (id, tenant_id, user_id, platform, name, created_at, last_seen_at)
SELECT k.id, u.tenant_id, u.id, k.platform, k.name, k.seen_at, k.seen_at
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[])
    AS k(id, tenant_id, user_id, platform, name, seen_at)
CROSS JOIN LATERAL (
    SELECT id, tenant_id FROM accounts_user
    WHERE accounts_user.id = k.user_id AND accounts_user.tenant_id = k.tenant_id
    LIMIT 1
) AS u
ORDER BY k.id
ON CONFLICT (id) DO NOTHING
RETURNING id
"""

MAKE_ROOM: Final = """
DELETE FROM accounts_terminal WHERE id = ANY(ARRAY(
    SELECT s.id FROM unnest(%s::uuid[], %s::uuid[]) AS k(tenant_id, user_id)
    CROSS JOIN LATERAL (
        SELECT id FROM accounts_terminal
        WHERE accounts_terminal.tenant_id = k.tenant_id AND accounts_terminal.user_id = k.user_id
          AND accounts_terminal.revoked_at IS NULL
        ORDER BY last_seen_at DESC, created_at DESC, id
        OFFSET %s
    ) AS s
))
"""

NOTE_SEEN: Final = """
UPDATE accounts_terminal
SET platform = k.platform, name = k.name, last_seen_at = GREATEST(accounts_terminal.last_seen_at, k.seen_at)
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[])
    AS k(id, tenant_id, user_id, platform, name, seen_at)
WHERE accounts_terminal.id = k.id AND accounts_terminal.tenant_id = k.tenant_id
  AND accounts_terminal.user_id = k.user_id
"""

Parameters = tuple[Any, ...]
Seen = tuple[Arrival, Principal, datetime]
"""A terminal, whose it is, and when."""


def check_parameters(arrivals: Sequence[Arrival]) -> Parameters:
    """For CHECK."""
    return (
        PACKED.texts([arrival.checksum for arrival in arrivals]),
        PACKED.uuids([arrival.terminal_id for arrival in arrivals]),
    )


def terminal_parameters(seen: Sequence[Seen]) -> Parameters:
    """For INSERT_TERMINALS and NOTE_SEEN."""
    return (
        PACKED.uuids([arrival.terminal_id for arrival, _, _ in seen]),
        PACKED.uuids([principal.tenant_id for _, principal, _ in seen]),
        PACKED.uuids([principal.user_id for _, principal, _ in seen]),
        PACKED.texts([arrival.platform for arrival, _, _ in seen]),
        PACKED.texts([arrival.name for arrival, _, _ in seen]),
        PACKED.times([to_ms(at) for _, _, at in seen]),
    )


def room_parameters(seen: Sequence[Seen]) -> Parameters:
    """For MAKE_ROOM: each user once."""
    users = {principal.user_id.int: principal for _, principal, _ in seen}.values()
    return (
        PACKED.uuids([principal.tenant_id for principal in users]),
        PACKED.uuids([principal.user_id for principal in users]),
        MAX_TERMINALS,
    )
