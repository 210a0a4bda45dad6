"""Lists of departments and people as files that an import takes back, in the language of whoever asks.

Only what lies within her scopes is in them, and nothing above is named. Rows are read in batches while the
file is written.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.access.policies import Powers
from apps.access.scopes import organisation_scope
from apps.access.selectors import Actor, below, powers_of
from apps.audit.services import Change, record
from apps.common.retry import run_in_transaction
from apps.orgs.errors import OrganisationNotFound
from apps.orgs.exchange.columns import COLUMNS, Kind
from apps.orgs.exchange.snapshots import Snapshot, read_tree
from apps.orgs.exchange.texts import YES, title_of
from apps.orgs.exchange.writing import Format, Value, write_table
from apps.orgs.models import Department, Organisation, Placement
from apps.orgs.units import EXCHANGE_EXPORT, ORGANISATION_VIEW

BATCH: Final = 2_000
"""Rows in memory at a time."""
SECRET: Final = frozenset({"password"})
"""Columns that are never written."""


def export_organisation(
    actor: Actor, *, organisation_id: UUID, kind: Kind, form: Format, now: datetime
) -> Iterator[bytes]:
    """Return the file, chunk by chunk. Raises OrganisationNotFound or NotPermitted, before the first one."""
    powers = powers_of(actor, now=now)
    organisation = _organisation(powers, organisation_id)
    within = below(powers.scopes(EXCHANGE_EXPORT), field="path")
    departments = Department.objects.for_tenant(organisation.tenant_id).filter(within, organisation=organisation)
    run_in_transaction(lambda: record(_told(actor, organisation, kind, form, now)))
    header = [title_of(column) for column in COLUMNS[kind] if column.key not in SECRET]
    yes = str(YES)
    snapshot = read_tree(organisation, powers, seen_by=EXCHANGE_EXPORT)
    if kind == "departments":
        return write_table(form, header, _departments(departments, snapshot, yes))
    places = Placement.objects.for_tenant(organisation.tenant_id)
    within_people = places.filter(department__in=departments.values("id"), user__is_active=True)
    return write_table(form, header, _people(within_people, snapshot, yes))


def empty_table(kind: Kind, form: Format) -> Iterator[bytes]:
    """Return a file with all the columns that an import understands, and no row."""
    return write_table(form, [title_of(column) for column in COLUMNS[kind]], [])


def _organisation(powers: Powers, organisation_id: UUID) -> Organisation:
    found = Organisation.unscoped.filter(pk=organisation_id).first()
    scope = None if found is None else organisation_scope(found.tenant_id, found.id)
    seen = (EXCHANGE_EXPORT, ORGANISATION_VIEW)
    if found is None or scope is None or not any(powers.reaches(unit, scope) for unit in seen):
        raise OrganisationNotFound(organisation=str(organisation_id))
    if not powers.reaches(EXCHANGE_EXPORT, scope):
        powers.require(EXCHANGE_EXPORT, scope)
    return found


def _departments(rows: QuerySet[Department], snapshot: Snapshot, yes: str) -> Iterator[list[Value]]:
    """In the order of the tree, so every parent comes before its children. The tops stay out, as the root does."""
    found = (
        rows.filter(parent__isnull=False).order_by("lft").values_list("id", "parent_id", "is_hidden", "name", "code")
    )
    for key, parent_id, is_hidden, name, code in found.iterator(chunk_size=BATCH):
        if snapshot.tree.is_top(key):
            continue
        yield [code, name, _reference(snapshot, parent_id), yes if is_hidden else ""]


def _people(rows: QuerySet[Placement], snapshot: Snapshot, yes: str) -> Iterator[list[Value]]:
    """One row per place, by department, in batches that begin where the last one ended."""
    ordered = rows.select_related("user", "department").order_by("department__lft", "id")
    last = Q()
    while True:
        batch = list(ordered.filter(last)[:BATCH])
        for place in batch:
            yield [
                place.user.username,
                place.user.display_name,
                place.user.email,
                _reference(snapshot, place.department_id),
                place.title,
                yes if place.is_primary else "",
                yes if place.is_leader else "",
                place.sort,
            ]
        if len(batch) < BATCH:
            return
        end = batch[-1]
        last = Q(department__lft__gt=end.department.lft) | Q(department__lft=end.department.lft, id__gt=end.id)


def _reference(snapshot: Snapshot, key: UUID) -> str:
    """A code where there is one, else the path; nothing for the organisation itself."""
    if key == snapshot.tree.root:
        return "/"
    return snapshot.tree[key].code or str(snapshot.tree.reference(key))


def _told(actor: Actor, organisation: Organisation, kind: Kind, form: Format, now: datetime) -> Change:
    return Change(
        tenant_id=organisation.tenant_id,
        actor_id=actor.id,
        actor_login=actor.login,
        scope=organisation_scope(organisation.tenant_id, organisation.id).path,
        action="orgs.export.made",
        kind="organisation",
        target_id=organisation.id,
        target_label=organisation.name,
        after={"kind": kind, "format": form},
        at=now,
    )
