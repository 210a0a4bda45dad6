"""REST: the audit log, as far as one's powers reach. It lies below this app, so its address is served from here."""

from typing import Annotated

import msgspec
from django.db.models import Q
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.api.structs import MAX_TIME_MS, EntryPage, EntrySearch, EntryView, actor_of, moment
from apps.access.scopes import parse_scope
from apps.access.selectors import below, entries_within, powers_of
from apps.access.units import AUDIT_VIEW
from apps.audit.models import Entry
from apps.audit.selectors import search_entries
from apps.common.clock import to_datetime, to_ms, to_us
from apps.common.rest.openapi import operation
from apps.common.rest.pages import read_cursor, read_page
from apps.common.rest.structs import read_query

_MAX_ID = 2**63 - 1


class _Position(msgspec.Struct, array_like=True):
    """Where a page ends: the moment in whole ms and the µs on top, and the row."""

    at_ms: Annotated[int, msgspec.Meta(ge=0, le=MAX_TIME_MS)]
    over_us: Annotated[int, msgspec.Meta(ge=0, le=999)]
    id: Annotated[int, msgspec.Meta(ge=0, le=_MAX_ID)]


class AuditView(APIView):
    """The audit log."""

    units = (AUDIT_VIEW,)

    @operation("audit_search", summary="Search the audit log", query=EntrySearch, answers={200: EntryPage})
    def get(self, request: Request) -> Response:
        """Return what was changed at the scopes where one may read the log, newest first."""
        search = read_query(request, EntrySearch)
        powers = powers_of(actor_of(request), now=timezone.now())
        visible = entries_within(powers)
        if search.scope:
            visible = visible.filter(below([parse_scope(search.scope)]))
        rows = search_entries(
            visible,
            text=search.text,
            action=search.action,
            actor_id=search.actor,
            target_id=search.target,
            since=moment(search.since),
            until=moment(search.until),
        )
        if position := read_cursor(search.cursor, _Position):
            at = to_datetime(position.at_ms).replace(microsecond=position.at_ms % 1000 * 1000 + position.over_us)
            rows = rows.filter(Q(at__lt=at) | Q(at=at, id__lt=position.id))
        page, following = read_page(rows, limit=search.limit, end=_position)
        return Response(EntryPage(items=[_entry(entry) for entry in page], next=following))


def _position(entry: Entry) -> _Position:
    return _Position(to_ms(entry.at), to_us(entry.at) % 1000, entry.pk)


def _entry(entry: Entry) -> EntryView:
    return EntryView(
        number=entry.number,
        tenant=entry.tenant_id,
        at=to_ms(entry.at),
        actor=entry.actor_id,
        actor_login=entry.actor_login,
        via=entry.via,
        address=entry.address,
        scope=entry.scope,
        action=entry.action,
        kind=entry.kind,
        target=entry.target_id,
        target_label=entry.target_label,
        before=entry.before,
        after=entry.after,
    )
