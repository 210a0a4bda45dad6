"""Making organisations, changing, closing and reopening them. An organisation and its root department are one."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError

from apps.access.scopes import organisation_scope, tenant_scope
from apps.access.selectors import Actor, powers_of
from apps.audit.services import record
from apps.common.errors import InvalidInput, Stale
from apps.common.retry import run_in_transaction
from apps.common.text import clean_line
from apps.orgs.errors import OrganisationNotEmpty, OrganisationNotFound, OrganisationsFull
from apps.orgs.models import Department, Organisation, Placement, Reach
from apps.orgs.models.departments import MAX_CODE_CHARS, MAX_NAME_CHARS
from apps.orgs.selectors.lookup import get_organisation
from apps.orgs.services.trail import told
from apps.orgs.services.trees import insert_root, lock_trees, refusal
from apps.orgs.units import ORGANISATION_CHANGE
from apps.tenants.services.locking import locked

MAX_ORGANISATIONS: Final = 1_000
"""Of one tenant, closed ones included; a further one is refused. They are shown as one list."""


@dataclass(frozen=True, slots=True)
class OrganisationChange:
    """What to change; None stays as it is."""

    name: str | None = None
    code: str | None = None
    sort: int | None = None
    reach: str | None = None


def create_organisation(
    actor: Actor, *, name: str, code: str = "", sort: int = 0, now: datetime, tenant_id: UUID | None = None
) -> Organisation:
    """Make an organisation with its root department in a tenant; the actor's own if none is named.

    Raises NotPermitted, TenantNotFound, InvalidInput, NameTaken, CodeTaken or OrganisationsFull.
    """
    owner = tenant_id or actor.tenant_id
    powers_of(actor, now=now).require(ORGANISATION_CHANGE, tenant_scope(owner))
    fields = _clean(OrganisationChange(name=name, code=code, sort=sort))

    def create() -> Organisation:
        locked(owner)  # one at a time, so that the bound holds
        rows = Organisation.objects.for_tenant(owner)
        if rows.count() >= MAX_ORGANISATIONS:
            raise OrganisationsFull(limit=MAX_ORGANISATIONS)
        organisation = Organisation(tenant_id=owner, **fields)
        organisation.save(force_insert=True)
        scope = organisation_scope(owner, organisation.id)
        insert_root(organisation, path=scope.path)
        record(told(actor, "organisation.created", organisation, scope=scope, now=now, after=fields))
        return organisation

    return _named(create, name=fields["name"], code=fields["code"])


def change_organisation(
    actor: Actor, *, organisation_id: UUID, version: int, change: OrganisationChange, now: datetime
) -> Organisation:
    """Change an organisation; its root department follows its name.

    Raises OrganisationNotFound, NotPermitted, InvalidInput, Stale, NameTaken or CodeTaken.
    """
    fields = _clean(change)

    def store() -> Organisation:
        organisation = _open(actor, organisation_id, version, now)
        before = {field: getattr(organisation, field) for field in fields}
        for field, value in fields.items():
            setattr(organisation, field, value)
        _save(organisation, *fields)
        if "name" in fields:
            roots = Department.objects.for_tenant(organisation.tenant_id).filter(parent__isnull=True)
            roots.filter(organisation=organisation).update(name=organisation.name)
        _record(actor, "organisation.changed", organisation, now, before=before, after=fields)
        return organisation

    return _named(store, name=fields.get("name", ""), code=fields.get("code", ""))


def close_organisation(actor: Actor, *, organisation_id: UUID, version: int, now: datetime) -> Organisation:
    """Close an organisation without people: its tree stays, but takes nobody and nothing new.

    Raises OrganisationNotFound, NotPermitted, Stale or OrganisationNotEmpty.
    """

    def close() -> Organisation:
        organisation = _open(actor, organisation_id, version, now)
        departments = Department.objects.for_tenant(organisation.tenant_id).filter(organisation=organisation)
        list(departments.order_by("id").select_for_update().values_list("pk"))  # who places someone now comes too late
        people = Placement.objects.for_tenant(organisation.tenant_id).filter(department__organisation=organisation)
        if count := people.count():
            raise OrganisationNotEmpty(name=organisation.name, people=count)
        return _set_active(actor, organisation, value=False, now=now)

    return run_in_transaction(close)


def reopen_organisation(actor: Actor, *, organisation_id: UUID, version: int, now: datetime) -> Organisation:
    """Open a closed organisation again. Raises OrganisationNotFound, NotPermitted or Stale."""

    def reopen() -> Organisation:
        return _set_active(actor, _open(actor, organisation_id, version, now), value=True, now=now)

    return run_in_transaction(reopen)


def _clean(change: OrganisationChange) -> dict[str, Any]:
    """The fields that change, as they are stored."""
    fields = {field: value for field, value in asdict(change).items() if value is not None}
    if change.name is not None:
        fields["name"] = clean_line(change.name, field="name", max_chars=MAX_NAME_CHARS)
    if change.code is not None:
        fields["code"] = clean_line(change.code, field="code", max_chars=MAX_CODE_CHARS, required=False)
    if change.reach is not None and change.reach not in Reach.values:
        raise InvalidInput(field="reach", reason=change.reach)
    return fields


def _open(actor: Actor, organisation_id: UUID, version: int, now: datetime) -> Organisation:
    """The organisation, authorised, its tree and itself locked, of this version."""
    seen = get_organisation(powers_of(actor, now=now), ORGANISATION_CHANGE, organisation_id)
    lock_trees(seen.tenant_id, [seen.id])
    rows = Organisation.objects.for_tenant(seen.tenant_id).select_for_update(no_key=True)
    organisation = rows.filter(pk=seen.pk).first()
    if organisation is None:
        raise OrganisationNotFound(organisation=str(organisation_id))
    if organisation.version != version:
        raise Stale(version=organisation.version)
    return organisation


def _set_active(actor: Actor, organisation: Organisation, *, value: bool, now: datetime) -> Organisation:
    before = {"is_active": organisation.is_active}
    organisation.is_active = value
    _save(organisation, "is_active")
    action = "organisation.reopened" if value else "organisation.closed"
    _record(actor, action, organisation, now, before=before, after={"is_active": value})
    return organisation


def _save(organisation: Organisation, *fields: str) -> None:
    organisation.version += 1
    organisation.save(update_fields=[*fields, "version"])


def _record(actor: Actor, action: str, target: Organisation, now: datetime, **values: dict[str, Any]) -> None:
    record(told(actor, action, target, scope=organisation_scope(target.tenant_id, target.id), now=now, **values))


def _named(work: Callable[[], Organisation], *, name: str, code: str) -> Organisation:
    try:
        return run_in_transaction(work)
    except IntegrityError as error:
        raise refusal(error, name=name, code=code) or error from error
