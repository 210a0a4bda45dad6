"""Making and changing connections. Whoever may can bring anybody of the tenant in, so all of it is audited.

Not here: what directories are told (`services.directories`), and trying a connection out (`services.trying`).
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from apps.access.policies import Powers
from apps.access.scopes import tenant_scope
from apps.access.selectors import Actor, powers_of
from apps.audit.services import Change, record
from apps.common.errors import InvalidInput, Stale
from apps.common.ids import new_id
from apps.common.retry import run_in_transaction
from apps.common.text import clean_line
from apps.identity.errors import ConnectionNotFound, ConnectionsFull
from apps.identity.models import Connection
from apps.identity.models.connections import MAX_CONNECTIONS, MAX_DOMAINS
from apps.identity.sealing import sealed_secret
from apps.identity.units import CONNECTIONS_CHANGE
from apps.orgs.models import Department

MAX_NAME_CHARS: Final = 100
MAX_SECRET_CHARS: Final = 4_000
_DOMAIN: Final = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a connection is to be. `config` is what its kind's form has checked. `secret`: None stays as it is."""

    name: str
    config: dict[str, Any]
    secret: str | None = None
    is_active: bool = True
    email_domains: list[str] = field(default_factory=list)
    provisioning: str = Connection.Provisioning.OFF
    matching: str = Connection.Matching.OFF
    department: Department | None = None


def create_connection(actor: Actor, *, tenant_id: UUID, kind: str, terms: Terms, now: datetime) -> Connection:
    """Make a connection of a tenant. Raises NotPermitted, InvalidInput or ConnectionsFull."""

    def create() -> Connection:
        powers_of(actor, now=now).require(CONNECTIONS_CHANGE, tenant_scope(tenant_id))
        rows = Connection.objects.for_tenant(tenant_id)
        if rows.count() >= MAX_CONNECTIONS:
            raise ConnectionsFull(limit=MAX_CONNECTIONS)
        connection = Connection(id=new_id(), tenant_id=tenant_id, kind=kind)
        _apply(connection, terms)
        connection.save(force_insert=True)
        record(connection_entry(actor, "connection.created", connection, now, after=_facts(connection)))
        return connection

    return run_in_transaction(create)


def change_connection(actor: Actor, *, connection_id: UUID, version: int, terms: Terms, now: datetime) -> Connection:
    """Change a connection. Raises ConnectionNotFound, NotPermitted, InvalidInput or Stale."""

    def change() -> Connection:
        connection = _open(powers_of(actor, now=now), connection_id)
        if connection.version != version:
            raise Stale(version=connection.version)
        before = _facts(connection)
        _apply(connection, terms)
        connection.version += 1
        connection.save()
        after = _facts(connection) | ({"secret": "changed"} if terms.secret is not None else {})
        changed = {name: value for name, value in after.items() if before.get(name) != value}
        told = {name: before.get(name) for name in changed if name != "secret"}
        record(connection_entry(actor, "connection.changed", connection, now, before=told, after=changed))
        return connection

    return run_in_transaction(change)


def delete_connection(actor: Actor, *, connection_id: UUID, now: datetime) -> None:
    """Delete a connection with all links to it. Raises ConnectionNotFound or NotPermitted."""

    def delete() -> None:
        connection = _open(powers_of(actor, now=now), connection_id)
        links = connection.links.count()
        told = {**_facts(connection), "links": links}
        entry = connection_entry(actor, "connection.deleted", connection, now, before=told)
        connection.delete()
        record(entry)

    run_in_transaction(delete)


def tended_connection(actor: Actor, connection_id: UUID, *, kind: str, now: datetime) -> Connection:
    """Return a connection of this kind that the actor may change, with its tenant and department. Not locked.

    Raises ConnectionNotFound or NotPermitted.
    """
    rows = Connection.unscoped.select_related("department", "tenant")
    connection = rows.filter(pk=connection_id, kind=kind).first()
    powers = powers_of(actor, now=now)
    if connection is None or not powers.reaches(CONNECTIONS_CHANGE, tenant_scope(connection.tenant_id)):
        raise ConnectionNotFound(connection=str(connection_id))
    powers.require(CONNECTIONS_CHANGE, tenant_scope(connection.tenant_id))
    return connection


def connection_entry(
    actor: Actor, action: str, connection: Connection, now: datetime, *, about: str = "", **values: dict[str, Any]
) -> Change:
    """Return the entry of the audit log about a connection; `action` is "scim_token.made" and the like.

    `about`: what of it, told behind its name. `values`: what was there before, and after.
    """
    return Change(
        tenant_id=connection.tenant_id,
        actor_id=actor.id,
        actor_login=actor.login,
        scope=tenant_scope(connection.tenant_id).path,
        action=f"identity.{action}",
        kind="connection",
        target_id=connection.pk,
        target_label=f"{connection.name} {about}" if about else connection.name,
        at=now,
        **values,
    )


def _open(powers: Powers, connection_id: UUID) -> Connection:
    """The connection, authorised and locked. One query."""
    rows = Connection.unscoped.select_for_update(no_key=True, of=("self",))
    connection = rows.filter(pk=connection_id).first()
    if connection is None or not powers.may(CONNECTIONS_CHANGE, tenant_scope(connection.tenant_id)):
        raise ConnectionNotFound(connection=str(connection_id))
    return connection


def _apply(connection: Connection, terms: Terms) -> None:
    connection.name = clean_line(terms.name, field="name", max_chars=MAX_NAME_CHARS)
    twin = Connection.objects.for_tenant(connection.tenant_id).filter(name=connection.name)
    if twin.exclude(pk=connection.pk).exists():
        raise InvalidInput(field="name", reason=_("another connection has this name"))
    connection.config = terms.config
    connection.is_active = terms.is_active
    connection.email_domains = clean_domains(terms.email_domains)
    if terms.matching == Connection.Matching.EMAIL and not connection.email_domains:
        raise InvalidInput(field="matching", reason=_("needs the domains whose addresses only this provider gives out"))
    connection.matching = terms.matching
    connection.provisioning = terms.provisioning
    if terms.department is not None and terms.department.tenant_id != connection.tenant_id:
        raise InvalidInput(field="department", reason=_("belongs to another tenant"))
    connection.department = terms.department
    if terms.secret is not None:
        if len(terms.secret) > MAX_SECRET_CHARS:
            raise InvalidInput(field="secret", reason=_("is too long"))
        connection.secret = sealed_secret(connection.pk, terms.secret)


def clean_domains(names: list[str]) -> list[str]:
    """Return e-mail domains in their one spelling, in order, each once. Raises InvalidInput."""
    found = sorted({name.strip().lower().lstrip("@") for name in names if name.strip()})
    if len(found) > MAX_DOMAINS:
        raise InvalidInput(field="email_domains", reason=_("are more than %(limit)d") % {"limit": MAX_DOMAINS})
    for name in found:
        if _DOMAIN.fullmatch(name) is None:
            raise InvalidInput(field="email_domains", reason=_("%(name)s is no domain") % {"name": name})
    return found


def _facts(connection: Connection) -> dict[str, Any]:
    """What the log tells of it: no secret is among the settings."""
    names = ("name", "kind", "is_active", "email_domains", "provisioning", "matching", "config")
    department = str(connection.department_id) if connection.department_id else None
    return {name: getattr(connection, name) for name in names} | {"department": department}
