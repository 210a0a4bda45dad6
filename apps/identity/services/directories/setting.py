"""Changing what is known of a directory, and when it is due."""

from datetime import datetime, timedelta
from uuid import UUID

from apps.access.selectors import Actor
from apps.common.retry import run_in_transaction
from apps.identity.models import Connection, DirectoryClock
from apps.identity.services.connections import Terms, change_connection
from apps.identity.services.directories.runs import settings_of


def set_directory(actor: Actor, *, connection_id: UUID, version: int, terms: Terms, now: datetime) -> Connection:
    """Change a directory and let it be due as its settings say.

    Raises ConnectionNotFound, NotPermitted, InvalidInput, DirectoryUnset or Stale.
    """

    def change() -> Connection:
        connection = change_connection(actor, connection_id=connection_id, version=version, terms=terms, now=now)
        schedule(connection, now=now)
        return connection

    return run_in_transaction(change)


def schedule(connection: Connection, *, now: datetime) -> None:
    """Let the directory be due after its interval, or earlier if it is already; without an interval never.

    Else a page that is saved more often than the interval lasts would put a run off for ever. Raises DirectoryUnset.
    """
    minutes = settings_of(connection).interval_minutes
    due = now + timedelta(minutes=minutes) if minutes else None
    rows = DirectoryClock.objects.for_tenant(connection.tenant_id)
    clock = rows.filter(connection=connection).first()
    if due is not None and clock is not None and clock.due_at is not None:
        due = min(due, clock.due_at)
    rows.update_or_create(connection=connection, defaults={"due_at": due, "tenant_id": connection.tenant_id})
