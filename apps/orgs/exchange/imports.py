"""Importing a file: read and previewed at once, applied part by part, as far as its rows still fit by then.

Every step is the service that an administrator would call, with her powers at that moment, in a transaction of its own.
So an import that is broken off has done what it has done; applied again, it goes on, and rows that are so already
change nothing. Departments and people that the file does not name stay as they are.

An import is its sender's, and theirs who may import into the whole organisation. For other administrators in it there
is none: they would read names from outside their scopes, and use up rows that are not theirs to apply.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.access.policies import Powers
from apps.access.scopes import SYSTEM, Level, Scope, organisation_scope
from apps.access.selectors import Actor, powers_of
from apps.audit.services import Change, record
from apps.common.retry import run_in_transaction
from apps.orgs.errors import (
    FileRefused,
    ImportBusy,
    ImportDone,
    ImportNotFound,
    ImportsFull,
    ImportUnreadable,
    OrganisationNotFound,
)
from apps.orgs.exchange.applying import Outcome, apply_rows
from apps.orgs.exchange.columns import Kind
from apps.orgs.exchange.findings import FieldValue, Finding, SheetRefused
from apps.orgs.exchange.planning import applicable, plan_rows
from apps.orgs.exchange.previews import Preview, preview_steps
from apps.orgs.exchange.rows import Row, Table, read_table
from apps.orgs.exchange.sealing import seal, unseal
from apps.orgs.exchange.sheets import read_lines
from apps.orgs.exchange.texts import text_of, values_text
from apps.orgs.models import Import, ImportPart, Organisation
from apps.orgs.units import EXCHANGE_IMPORT, ORGANISATION_VIEW

PART_ROWS: Final = 100
"""Applied by one call. With first passwords, each hashed slowly on purpose, that is about ten seconds."""

MAX_FINDINGS: Final = 1_000
"""Kept of one file, the first by line; beyond that only their number."""

MAX_WAITING: Final = 20
"""Imports of one organisation that are not applied; at the bound a further file is refused."""

KEPT_FOR: Final = timedelta(days=7)
"""An import that nobody has applied by then goes, when the next one comes."""

READING_S: Final = 30.0
CLAIM: Final = timedelta(minutes=2)
"""How long one call may be at work on a part before another may take it over: its process may have died."""
MAX_NAME_CHARS: Final = 200


def begin_import(
    actor: Actor, *, organisation_id: UUID, kind: Kind, data: bytes, name: str = "", now: datetime
) -> Import:
    """Read a file and keep it with its preview. Nothing changes yet.

    Raises OrganisationNotFound, NotPermitted, FileRefused or ImportsFull.
    """
    powers = powers_of(actor, now=now)
    organisation = _organisation(powers, organisation_id)
    table = _read(kind, data)
    plan, snapshot = plan_rows(kind, table.rows, organisation, powers)
    findings = sorted([*table.findings, *plan.findings], key=lambda finding: finding.line)
    refused = {finding.line for finding in findings}
    kept = applicable(kind, table.rows, plan, organisation, powers)
    parts = [kept[start : start + PART_ROWS] for start in range(0, len(kept), PART_ROWS)]
    source = Import(
        tenant_id=organisation.tenant_id,
        organisation=organisation,
        created_by_id=actor.id,
        kind=kind,
        name=name[:MAX_NAME_CHARS],
        rows=table.total,
        planned={**plan.counts(), "refused": len(refused)},
        steps=[stored_step(step) for step in preview_steps(table.rows, plan, snapshot.names.__getitem__)],
        findings=[stored(finding) for finding in findings[:MAX_FINDINGS]],
        parts=len(parts),
    )
    return run_in_transaction(lambda: _store(actor, source, parts, now))


def apply_part(actor: Actor, *, import_id: UUID, now: datetime) -> Import:
    """Apply the next part of an import and return how far it is; nothing more to do is no error.

    Raises ImportNotFound, ImportBusy or ImportUnreadable.
    """
    powers = powers_of(actor, now=now)
    source = get_import(actor, powers, import_id)
    if source.state == Import.State.APPLIED:
        return source
    if not _claim(source, now):
        raise ImportBusy
    try:
        outcome = _apply(actor, powers, source, now)
    except ImportUnreadable:  # nothing is done, so an import that nobody had begun is not begun
        _rows(source).update(claimed_at=None, state=source.state)
        raise
    except BaseException:
        _rows(source).update(claimed_at=None)
        raise
    return run_in_transaction(lambda: _advance(actor, source, outcome, now))


def discard_import(actor: Actor, *, import_id: UUID, now: datetime) -> None:
    """Throw an import away that is not begun. Raises ImportNotFound or ImportDone."""

    def discard() -> None:
        powers = powers_of(actor, now=now)
        source = get_import(actor, powers, import_id)
        stored_one = _rows(source).select_for_update(of=("self",)).first()
        if stored_one is None or stored_one.state != Import.State.READY or stored_one.claimed_at is not None:
            raise ImportDone
        entry = _told(actor, source, "discarded", now)
        stored_one.delete()
        record(entry)

    run_in_transaction(discard)


def get_import(actor: Actor, powers: Powers, import_id: UUID) -> Import:
    """Return one's own import, or any where one may import into all of it, with its organisation. One query.

    Raises ImportNotFound.
    """
    source = Import.unscoped.select_related("organisation").filter(pk=import_id).first()
    if source is None or not powers.reaches(EXCHANGE_IMPORT, _scope(source.organisation)):
        raise ImportNotFound(source=str(import_id))
    if source.created_by_id != actor.id and not powers.may(EXCHANGE_IMPORT, _scope(source.organisation)):
        raise ImportNotFound(source=str(import_id))
    return source


def list_imports(actor: Actor, powers: Powers, organisation_id: UUID) -> QuerySet[Import]:
    """Return one's own imports of an organisation, or all where one may import into all of it, latest first.

    Raises OrganisationNotFound or NotPermitted.
    """
    organisation = _organisation(powers, organisation_id)
    rows = Import.objects.for_tenant(organisation.tenant_id).filter(organisation=organisation)
    if not powers.may(EXCHANGE_IMPORT, _scope(organisation)):
        rows = rows.filter(created_by_id=actor.id)
    return rows.order_by("-id")


def imports_waiting(actor: Actor, powers: Powers) -> QuerySet[Import]:
    """Return what is not applied of one's own imports, and of all where one may import into everything. Unordered."""
    scopes = powers.scopes(EXCHANGE_IMPORT)
    rows = Import.unscoped.exclude(state=Import.State.APPLIED)
    if SYSTEM in scopes:
        return rows
    whole = Q(tenant_id__in=[scope.tenant_id for scope in scopes if scope.level is Level.TENANT])
    whole |= Q(organisation_id__in=[scope.organisation_id for scope in scopes if scope.level is Level.ORGANISATION])
    touched = [scope.organisation_id for scope in scopes if scope.level is Level.DEPARTMENT]
    return rows.filter(whole | Q(created_by_id=actor.id, organisation_id__in=touched))


def powers_needed(powers: Powers, organisation: Organisation) -> None:
    """Raise NotPermitted unless one may import into at least one department of the organisation."""
    if not powers.reaches(EXCHANGE_IMPORT, _scope(organisation)):
        powers.require(EXCHANGE_IMPORT, _scope(organisation))


def stored(finding: Finding) -> list[object]:
    """Return a finding as JSON keeps it."""
    return [finding.line, finding.column, finding.code, dict(finding.fields)]


def stored_step(step: Preview) -> list[object]:
    """Return a step of the preview as JSON keeps it."""
    return [step.line, step.kind, step.subject, step.values]


def told_finding(raw: Sequence[object]) -> tuple[int, str, str, str]:
    """Return line, column, code and the words, in the active language, of a stored finding."""
    line, column, code, fields = raw
    assert isinstance(line, int)  # noqa: S101 - as `stored` left it
    assert isinstance(fields, dict)  # noqa: S101
    return line, str(column), str(code), text_of(str(code), fields)


def told_step(raw: Sequence[object]) -> tuple[int, str, str, str]:
    """Return line, kind, subject and the words, in the active language, of a stored step."""
    line, kind, subject, values = raw
    assert isinstance(line, int)  # noqa: S101 - as `stored_step` left it
    assert isinstance(values, dict)  # noqa: S101
    about: Kind = "departments" if str(kind).endswith("Department") else "people"
    return line, str(kind), str(subject), values_text(about, values)


def _organisation(powers: Powers, organisation_id: UUID) -> Organisation:
    found = Organisation.unscoped.filter(pk=organisation_id).first()
    if found is None or not any(powers.reaches(unit, _scope(found)) for unit in (EXCHANGE_IMPORT, ORGANISATION_VIEW)):
        raise OrganisationNotFound(organisation=str(organisation_id))
    powers_needed(powers, found)
    return found


def _read(kind: Kind, data: bytes) -> Table:
    deadline = time.monotonic() + READING_S
    try:
        return read_table(kind, read_lines(data, out_of_time=lambda: time.monotonic() > deadline))
    except SheetRefused as refused:
        fields: dict[str, FieldValue] = {**refused.fields, "why": refused.code}
        raise FileRefused(reason=text_of(refused.code, refused.fields), **fields) from refused


def _store(actor: Actor, source: Import, parts: Sequence[list[Row]], now: datetime) -> Import:
    rows = Import.objects.for_tenant(source.tenant_id).filter(organisation=source.organisation)
    rows.filter(created_at__lt=now - KEPT_FOR).exclude(state=Import.State.APPLIED).delete()
    if rows.exclude(state=Import.State.APPLIED).count() >= MAX_WAITING:
        raise ImportsFull(limit=MAX_WAITING)
    source.save(force_insert=True)
    ImportPart.objects.for_tenant(source.tenant_id).bulk_create(
        ImportPart(tenant_id=source.tenant_id, source=source, number=number, sealed=seal(list(part)))
        for number, part in enumerate(parts)
    )
    record(_told(actor, source, "received", now))
    return source


def _claim(source: Import, now: datetime) -> bool:
    """Whether nobody else is at work on the part that comes next. It stays so for CLAIM."""
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM)
    mine = _rows(source).filter(free, next_part=source.next_part).exclude(state=Import.State.APPLIED)
    return mine.update(claimed_at=now, state=Import.State.APPLYING) == 1


def _apply(actor: Actor, powers: Powers, source: Import, now: datetime) -> Outcome:
    parts = ImportPart.objects.for_tenant(source.tenant_id).filter(source=source, number=source.next_part)
    part = parts.first()
    if part is None:
        return Outcome()
    kind: Kind = "people" if source.kind == Import.Kind.PEOPLE else "departments"
    rows = unseal(kind, bytes(part.sealed))
    plan, snapshot = plan_rows(kind, rows, source.organisation, powers)
    return apply_rows(actor, plan, snapshot, tenant_id=source.tenant_id, now=now)


def _advance(actor: Actor, source: Import, outcome: Outcome, now: datetime) -> Import:
    """Note what has become of the part, whose rows go."""
    own = _rows(source).select_for_update(of=("self",)).get()
    if own.next_part != source.next_part:  # it took so long that somebody else did it meanwhile
        return own
    ImportPart.objects.for_tenant(own.tenant_id).filter(source=own, number=own.next_part).delete()
    for name, count in outcome.counts.items():
        own.done[name] = own.done.get(name, 0) + count
    room = MAX_FINDINGS - len(own.failures)
    own.failures += [stored(finding) for finding in outcome.findings[:room]]
    own.next_part += 1
    own.claimed_at = None
    if own.next_part >= own.parts:
        own.state, own.applied_at = Import.State.APPLIED, now
    own.save()
    if own.state == Import.State.APPLIED:
        record(_told(actor, own, "applied", now))
    return own


def _rows(source: Import) -> QuerySet[Import]:
    return Import.objects.for_tenant(source.tenant_id).select_related("organisation").filter(pk=source.pk)


def _scope(organisation: Organisation) -> Scope:
    return organisation_scope(organisation.tenant_id, organisation.id)


def _told(actor: Actor, source: Import, verb: str, now: datetime) -> Change:
    return Change(
        tenant_id=source.tenant_id,
        actor_id=actor.id,
        actor_login=actor.login,
        scope=organisation_scope(source.tenant_id, source.organisation_id).path,
        action=f"orgs.import.{verb}",
        kind="import",
        target_id=source.id,
        target_label=source.name,
        after={"kind": source.kind, "rows": source.rows, **(source.done or source.planned)},
        at=now,
    )
