"""The SQL behind sign-in on a socket, for many at once, and its parameters.

LIMIT keeps each lookup one index probe, whatever the planner believes about the size of a table. EXISTS does not:
a plan for batches of every size may answer it by reading a table whole. Sign-in is where rows are looked for across
tenants: the token says who someone is, and with that which tenant is hers.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from apps.accounts.policies import NIL, Arrival, Found, Principal
from apps.common.arrays import PACKED
from apps.common.clock import to_ms

MAX_TERMINALS: Final = 200
"""Per user; at the bound the ones seen longest ago make room. Revoked ones stay, or their ids would work again."""

MAX_CHAINS: Final = 32
"""Chains of tokens per terminal; at the bound the one it has signed in with longest ago ends."""

CHECK: Final = """
SELECT p.expires, p.scope, p.user_id, p.tenant_id, p.is_active, p.status, p.locale,
       t.user_id, t.revoked_at, t.platform, t.name, t.last_seen_at,
       p.created, p.token_id, p.token_family,
       CASE WHEN p.token_family IS NOT NULL THEN (
                SELECT true FROM accounts_terminaltoken AS l
                WHERE l.terminal_id = k.terminal_id AND l.token_family = p.token_family LIMIT 1)
            ELSE (
                SELECT true FROM accounts_terminaltoken AS l
                WHERE l.terminal_id = k.terminal_id AND l.access_token_id = p.token_id LIMIT 1) END IS TRUE,
       t.displaced_at, t.displaced_by, t.address, p.bound IS NOT NULL,
       CASE WHEN p.bound IS NULL THEN false ELSE (
           SELECT count(*) FROM accounts_terminal AS c
           WHERE c.tenant_id = p.tenant_id AND c.user_id = p.user_id AND c.platform = k.platform
             AND c.revoked_at IS NULL AND c.displaced_at IS NULL) > p.bound END,
       p.requests_per_minute
FROM unnest(%s::text[], %s::uuid[], %s::text[]) WITH ORDINALITY AS k(checksum, terminal_id, platform, place)
LEFT JOIN LATERAL (
    SELECT a.expires, a.scope, a.created, a.id AS token_id, u.id AS user_id, u.tenant_id, u.is_active, u.locale,
           e.status, (
               SELECT r.token_family FROM oauth2_provider_refreshtoken AS r WHERE r.access_token_id = a.id LIMIT 1
           ) AS token_family,
           CASE u.kind WHEN 'service' THEN (
               SELECT v.requests_per_minute FROM accounts_serviceaccount AS v WHERE v.user_id = u.id) END
           AS requests_per_minute,
           CASE jsonb_typeof(e.settings #> ARRAY['terminals', 'per_platform', k.platform]) WHEN 'number'
                THEN (e.settings #>> ARRAY['terminals', 'per_platform', k.platform])::numeric END AS bound
    FROM oauth2_provider_accesstoken AS a
    JOIN accounts_user AS u ON u.id = a.user_id
    JOIN tenants_tenant AS e ON e.id = u.tenant_id
    WHERE a.token_checksum = k.checksum
    LIMIT 1
) AS p ON true
LEFT JOIN LATERAL (
    SELECT s.user_id, s.revoked_at, s.platform, s.name, s.last_seen_at, s.displaced_at, s.displaced_by, s.address
    FROM accounts_terminal AS s
    WHERE s.id = k.terminal_id
    LIMIT 1
) AS t ON true
ORDER BY k.place
"""

INSERT_TERMINALS: Final = """
INSERT INTO accounts_terminal
    (id, tenant_id, user_id, platform, name, address, created_at, last_seen_at, displaced_at)
SELECT k.id, u.tenant_id, u.id, k.platform, k.name, k.address, k.seen_at, k.seen_at,
       CASE WHEN k.waits THEN 'epoch'::timestamptz END
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::boolean[])
    AS k(id, tenant_id, user_id, platform, name, address, seen_at, waits)
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
RETURNING id
"""

LINK_TOKENS: Final = """
INSERT INTO accounts_terminaltoken (tenant_id, terminal_id, token_family, access_token_id, created_at)
SELECT k.tenant_id, k.terminal_id, k.family, CASE WHEN k.family IS NULL THEN k.token_id END, now()
FROM (
    SELECT tenant_id, terminal_id, nullif(family, '00000000-0000-0000-0000-000000000000') AS family, token_id
    FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::bigint[]) AS g(tenant_id, terminal_id, family, token_id)
) AS k
ORDER BY k.terminal_id, k.family, k.token_id
ON CONFLICT DO NOTHING
RETURNING terminal_id, (
    SELECT count(*) FROM accounts_terminaltoken AS l WHERE l.terminal_id = accounts_terminaltoken.terminal_id
)
"""

NOTE_SEEN: Final = """
UPDATE accounts_terminal
SET platform = k.platform, name = k.name, address = COALESCE(nullif(k.address, ''), accounts_terminal.address),
    last_seen_at = GREATEST(accounts_terminal.last_seen_at, k.seen_at)
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
    AS k(id, tenant_id, user_id, platform, name, address, seen_at)
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
        PACKED.texts([arrival.platform for arrival in arrivals]),
    )


def newcomer_parameters(accepted: Sequence[tuple[Arrival, Found, Principal, datetime]]) -> Parameters:
    """For INSERT_TERMINALS. Where places are bounded, a terminal has none yet: it is as if it had lost it long ago."""
    seen = [(arrival, principal, now) for arrival, _, principal, now in accepted]
    return (*terminal_parameters(seen), PACKED.flags([found.is_bounded for _, found, _, _ in accepted]))


def terminal_parameters(seen: Sequence[Seen]) -> Parameters:
    """For NOTE_SEEN."""
    return (
        PACKED.uuids([arrival.terminal_id for arrival, _, _ in seen]),
        PACKED.uuids([principal.tenant_id for _, principal, _ in seen]),
        PACKED.uuids([principal.user_id for _, principal, _ in seen]),
        PACKED.texts([arrival.platform for arrival, _, _ in seen]),
        PACKED.texts([arrival.name for arrival, _, _ in seen]),
        PACKED.texts([arrival.address for arrival, _, _ in seen]),
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


def link_parameters(accepted: Sequence[tuple[Arrival, Found, Principal]]) -> Parameters:
    """For LINK_TOKENS."""
    return (
        PACKED.uuids([principal.tenant_id for _, _, principal in accepted]),
        PACKED.uuids([arrival.terminal_id for arrival, _, _ in accepted]),
        PACKED.uuids([found.token_family or NIL for _, found, _ in accepted]),
        PACKED.integers([found.token_id for _, found, _ in accepted]),
    )
