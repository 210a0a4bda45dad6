"""Tokens of SCIM connections: made by an administrator, shown once, kept as a hash."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from apps.access.selectors import Actor
from apps.audit.services import record
from apps.common.retry import run_in_transaction
from apps.identity.models import Connection, ScimToken
from apps.identity.services.connections import connection_entry, tended_connection
from apps.tenants.models import Tenant

KEPT_TOKENS: Final = 2
"""Of one connection: with a third the oldest goes, so one can be changed for another without a gap."""
PREFIX: Final = "imscim_"
"""So that scanners for leaked secrets know one when they see it."""
SEEN_EVERY: Final = timedelta(minutes=5)


def make_token(actor: Actor, *, connection_id: UUID, now: datetime) -> str:
    """Make a token and return it, for the only time. Raises ConnectionNotFound or NotPermitted."""
    connection = tended_connection(actor, connection_id, kind=Connection.Kind.SCIM, now=now)
    token = PREFIX + secrets.token_urlsafe(32)

    def store() -> None:
        row = ScimToken(tenant_id=connection.tenant_id, connection=connection, digest=_digest(token), hint=token[:12])
        row.save(force_insert=True)
        rows = ScimToken.objects.for_tenant(connection.tenant_id).filter(connection=connection)
        old = rows.order_by("-created_at", "-id").values_list("pk", flat=True)[KEPT_TOKENS:]
        rows.filter(pk__in=list(old)).delete()
        record(connection_entry(actor, "scim_token.made", connection, now, about=row.hint))

    run_in_transaction(store)
    return token


def revoke_tokens(actor: Actor, *, connection_id: UUID, now: datetime, token_id: UUID | None = None) -> int:
    """Take the tokens of a connection away, or one; return how many. Raises ConnectionNotFound or NotPermitted."""
    connection = tended_connection(actor, connection_id, kind=Connection.Kind.SCIM, now=now)

    def revoke() -> int:
        rows = ScimToken.objects.for_tenant(connection.tenant_id).filter(connection=connection)
        gone = rows if token_id is None else rows.filter(pk=token_id)
        hints = list(gone.order_by("created_at", "id").values_list("hint", flat=True))
        count, _kinds = gone.delete()
        record(connection_entry(actor, "scim_token.revoked", connection, now, about=", ".join(hints)))
        return count

    return run_in_transaction(revoke)


def connection_of(token: str, *, connection_id: UUID, now: datetime) -> Connection | None:
    """Return the active connection, with its tenant and department, that a token opens; None for none. One query."""
    rows = ScimToken.unscoped.select_related("connection__tenant", "connection__department__organisation")
    found = rows.filter(
        digest=_digest(token),
        connection_id=connection_id,
        connection__is_active=True,
        connection__kind=Connection.Kind.SCIM,
        connection__tenant__status=Tenant.Status.ACTIVE,
    ).first()
    if found is None:
        return None
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - SEEN_EVERY)
    ScimToken.objects.for_tenant(found.tenant_id).filter(stale, pk=found.pk).update(last_used_at=now)
    return found.connection


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
