"""Retention: what is older than its tenant keeps messages loses its body for good, and is shown to nobody any more.

The row itself stays, with its id and the digest of its content: a client that sends an old id again still gets its
first answer, and seqs stay consecutive. `Log.expired_seq` says where the log begins for its members. What clients have
stored already is theirs.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef

from apps.access.scopes import tenant_scope
from apps.audit.services import Change, record
from apps.common.retry import run_in_transaction
from apps.messaging.models import EXPIRED_KIND, Event, Log
from apps.tenants.models import Tenant
from apps.tenants.selectors import tenants_with_retention

BATCH_EVENTS: Final = 1_000
"""Events of one conversation per transaction. Senders wait for the last statement of it only, which is short."""
PAGE_LOGS: Final = 500
"""Conversations looked up at a time."""

_EMPTY_BODY: Final = b"{}"


class Expired(NamedTuple):
    """What a run did for one tenant."""

    slug: str
    events: int


def expire_events(*, now: datetime, beat: Callable[[int], None] = lambda events: None) -> list[Expired]:
    """Erase what is past retention, in every tenant that has one. Two runs at the same time do no harm.

    A run that is interrupted is taken up by the next one; each batch is a transaction, and the first one of a tenant's
    run writes to its audit log before what time everything is erased. `beat` is told after each batch how many events
    it was; what it raises ends the run there.
    """
    return [Expired(tenant.slug, _expire_tenant(tenant, now, beat)) for tenant in tenants_with_retention()]


def _expire_tenant(tenant: Tenant, now: datetime, beat: Callable[[int], None]) -> int:
    before = _kept_since(tenant, now)
    if before is None:
        return 0
    total = 0
    for conversation_id in _conversations_with_older(tenant.id, before):
        while count := run_in_transaction(
            lambda first=total == 0, conversation=conversation_id: _expire_some(  # type: ignore[misc]  # bound at once
                tenant, conversation, before, now if first else None
            )
        ):
            total += count
            beat(count)
    return total


def _kept_since(tenant: Tenant, now: datetime) -> datetime | None:
    """Return the time whose events are the oldest that are kept; None where no clock goes back that far."""
    days = tenant.limits.retention_days
    if days is None or days >= (now - datetime.min.replace(tzinfo=UTC)).days:
        return None
    return now - timedelta(days=days)


def _conversations_with_older(tenant_id: UUID, before: datetime) -> Iterator[UUID]:
    """Yield conversations whose log begins before that time, by id: one index probe for each of the tenant."""
    events = Event.objects.for_tenant(tenant_id)
    begins = events.filter(conversation_id=OuterRef("pk"), seq=OuterRef("expired_seq") + 1, created_at__lt=before)
    logs = Log.objects.for_tenant(tenant_id).filter(Exists(begins), expired_seq__lt=F("max_seq")).order_by("pk")
    page = list(logs.values_list("pk", flat=True)[:PAGE_LOGS])
    while page:
        yield from page
        page = list(logs.filter(pk__gt=page[-1]).values_list("pk", flat=True)[:PAGE_LOGS])


def _expire_some(tenant: Tenant, conversation_id: UUID, before: datetime, recorded_at: datetime | None) -> int:
    """Erase a batch at the beginning of a log, and return how many events it was.

    Times never run backward within a log, so what is too old is its beginning. The log's row, which senders lock too,
    is locked after the events, and the end of the audit log last.
    """
    logs = Log.objects.for_tenant(tenant.id).filter(pk=conversation_id)
    expired_seq = logs.values_list("expired_seq", flat=True).first()
    if expired_seq is None:
        return 0
    events = Event.objects.for_tenant(tenant.id).filter(conversation_id=conversation_id, seq__gt=expired_seq)
    rows = events.order_by("seq").values_list("seq", "created_at")[:BATCH_EVENTS]
    seqs = [seq for seq, _ in takewhile(lambda row: row[1] < before, rows)]
    if not seqs:
        return 0
    events.filter(seq__lte=seqs[-1]).update(kind=EXPIRED_KIND, body=_EMPTY_BODY, countable=False)
    logs.filter(expired_seq__lt=seqs[-1]).update(expired_seq=seqs[-1])
    if recorded_at is not None:
        _record(tenant, before, recorded_at)
    return len(seqs)


def _record(tenant: Tenant, before: datetime, now: datetime) -> None:
    record(
        Change(
            tenant_id=tenant.id,
            actor_id=None,
            actor_login="",
            scope=tenant_scope(tenant.id).path,
            action="messaging.events.expired",
            kind="tenant",
            target_id=tenant.id,
            target_label=tenant.slug,
            after={"older_than": before, "retention_days": tenant.limits.retention_days},
            at=now,
        )
    )
