"""Writing to the audit log, inside the transaction of the change itself: both happen, or neither.

The row where the tenant's chain ends is locked until that transaction ends, as the last lock it takes. Changes of one
tenant therefore end one after the other, in the order of their numbers, without gaps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.chain import GENESIS, Break, Link, bounded, plain
from apps.audit.models import Entry, Head
from apps.audit.origin import current_origin
from apps.audit.selectors import link_of

MAX_LABEL_CHARS = 200
"""Of a target's name; a longer one is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody did. The caller names the values: secrets never belong in `before` and `after`.

    `tenant_id` is the tenant whose people should be able to read of it. `at`: None is now.
    """

    tenant_id: UUID
    actor_id: UUID | None
    actor_login: str
    scope: str
    action: str
    kind: str
    target_id: UUID | str
    target_label: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def record(change: Change) -> Entry:
    """Append one change to its tenant's chain. Must run inside the transaction of the change, as its last step."""
    return record_all([change])[0]


def record_all(changes: Sequence[Change]) -> list[Entry]:
    """Append changes of one tenant, in order: three queries for all. Raises ValueError for changes of several."""
    if not changes:
        return []
    tenants = {change.tenant_id for change in changes}
    if len(tenants) > 1:
        raise ValueError("changes of several tenants are of several chains")
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("record belongs into the transaction of the change")
    head = _lock_head(tenants.pop())
    entries = []
    for change in changes:
        entry = _entry(change, number=head.number + 1, previous=bytes(head.digest))
        entries.append(entry)
        head.number, head.digest = entry.number, entry.digest
    Entry.objects.for_tenant(head.tenant_id).bulk_create(entries)
    head.save(update_fields=["number", "digest"])
    return entries


def note_verified(tenant_id: UUID, outcome: Break | tuple[int, bytes], *, now: datetime) -> None:
    """Keep when a tenant's chain was followed, and where it was broken. One query; without an end nothing is kept."""
    broken_number = outcome.number if isinstance(outcome, Break) else None
    Head.objects.for_tenant(tenant_id).update(verified_at=now, broken_number=broken_number)


def _lock_head(tenant_id: UUID) -> Head:
    heads = Head.objects.for_tenant(tenant_id)
    head = heads.select_for_update().first()
    if head is None:
        heads.bulk_create([Head(tenant_id=tenant_id, digest=GENESIS)], ignore_conflicts=True)
        head = heads.select_for_update().get()
    return head


def _entry(change: Change, *, number: int, previous: bytes) -> Entry:
    origin = current_origin()
    entry = Entry(
        tenant_id=change.tenant_id,
        number=number,
        at=change.at or timezone.now(),
        actor_id=change.actor_id,
        actor_login=plain(change.actor_login),
        via=origin.via,
        address=origin.address,
        request_id=origin.request_id,
        scope=change.scope,
        action=change.action,
        kind=change.kind,
        target_id=plain(str(change.target_id)),
        target_label=plain(change.target_label)[:MAX_LABEL_CHARS],
        before=bounded(change.before),
        after=bounded(change.after),
        previous=previous,
    )
    link: Link = link_of(entry)
    entry.digest = link.digest()
    return entry
