"""Reading the audit log: search, and following a chain from its beginning."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Max, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat

from apps.audit.chain import GENESIS, Break, Link, check
from apps.audit.models import Entry, Head
from apps.common.clock import to_us

PAGE: Final = 2_000
"""Entries that `verify_chain` holds in memory at a time."""


def search_entries(
    entries: QuerySet[Entry],
    *,
    text: str = "",
    action: str = "",
    actor_id: UUID | None = None,
    target_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Entry]:
    """Return those of `entries`, which the caller has bound to scopes, that match everything given, newest first.

    `action` is a whole action or the beginning of one (`orgs.department.`); `text` is looked for in names and values.
    """
    wanted = Q()
    if text:
        both = Concat(_as_text("before"), Value(" "), _as_text("after"), output_field=TextField())
        entries = entries.annotate(values_text=both)
        wanted &= Q(actor_login__icontains=text) | Q(target_label__icontains=text) | Q(values_text__icontains=text)
    if action:
        wanted &= Q(action__startswith=action)
    if actor_id is not None:
        wanted &= Q(actor_id=actor_id)
    if target_id:
        wanted &= Q(target_id=target_id)
    if since is not None:
        wanted &= Q(at__gte=since)
    if until is not None:
        wanted &= Q(at__lt=until)
    return entries.filter(wanted).order_by("-at", "-id")


def verify_chain(tenant_id: UUID) -> Break | tuple[int, bytes]:
    """Return the first break of a tenant's chain, or its last number and digest. Reads it in pages.

    What is appended meanwhile is no break: the end is read first.
    """
    end, expected, top = _ends(tenant_id)
    result = check(_links(tenant_id, end))
    if isinstance(result, Break):
        return result
    if result[0] != end:
        return Break(result[0] + 1, "missing")
    if result[1] != expected or top != end:
        return Break(end, "head")
    return result


def audited_tenants() -> list[UUID]:
    """Return the tenants that have a chain, by id. One query."""
    return list(Entry.unscoped.order_by("tenant_id").values_list("tenant_id", flat=True).distinct())


def link_of(entry: Entry) -> Link:
    """Return an entry as it is hashed."""
    return Link(
        tenant=entry.tenant_id.hex,
        number=entry.number,
        at_us=to_us(entry.at),
        actor=entry.actor_id.hex if entry.actor_id else "",
        actor_login=entry.actor_login,
        via=entry.via,
        address=entry.address,
        request_id=entry.request_id,
        scope=entry.scope,
        action=entry.action,
        kind=entry.kind,
        target_id=entry.target_id,
        target_label=entry.target_label,
        before=entry.before,
        after=entry.after,
        previous=bytes(entry.previous),
    )


def _ends(tenant_id: UUID) -> tuple[int, bytes, int]:
    """Number and digest that the chain should end with, and the number that it does end with, at one moment."""
    entries = Entry.objects.for_tenant(tenant_id)
    top = entries.order_by("-number").values("number")[:1]
    head = Head.objects.for_tenant(tenant_id).annotate(top=Coalesce(Subquery(top), 0)).first()
    if head is not None:
        return head.number, bytes(head.digest), head.top
    return 0, GENESIS, entries.aggregate(top=Coalesce(Max("number"), 0))["top"]


def _links(tenant_id: UUID, end: int) -> Iterator[tuple[Link, bytes]]:
    """Read the chain up to a number, a page at a time."""
    entries = Entry.objects.for_tenant(tenant_id).order_by("number")
    last = 0
    while page := list(entries.filter(number__gt=last, number__lte=end)[:PAGE]):
        yield from ((link_of(entry), bytes(entry.digest)) for entry in page)
        last = page[-1].number


def _as_text(name: str) -> Cast:
    return Cast(name, TextField())
