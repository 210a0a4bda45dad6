"""Erasing tenants whose grace period is over: every row that names them or leads to them, and at last their own.

From the first row on there is no way back, which the status says; a purge that was interrupted is taken up again. What
stays is the audit log: that of the tenant, and in the system's own the entry that it was erased.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from psycopg import sql

from apps.access.scopes import tenant_scope
from apps.access.services import drop_scopes
from apps.audit.services import Change, record
from apps.common.retry import run_in_transaction
from apps.tenants.models import Tenant
from apps.tenants.services.locking import locked
from apps.tenants.services.making import ensure_system_tenant
from apps.tenants.services.rows import (
    KEPT_APPS,
    AnyModel,
    Possession,
    dependents,
    is_leaf,
    names_tenant,
    pointing_at,
    possessions,
    primary_key,
    tenant_models,
)

BATCH_ROWS: Final = 5_000
"""Rows of large tables, which nothing refers to, per transaction. The rest goes in one: rows refer to each other."""

_Status = Tenant.Status


def purge_due(*, now: datetime, beat: Callable[[int], None] = lambda tenants: None) -> list[str]:
    """Erase every tenant whose time is over and return their short names. Two at the same time do no harm.

    `beat` is called after every batch, with how many tenants that was the last one of; what it raises ends the purge
    there, and the next one takes it up.
    """
    due = Q(status=_Status.DELETING, deletes_at__lte=now) | Q(status=_Status.PURGING)
    purged = []
    for tenant in Tenant.objects.filter(due).order_by("deletes_at", "id"):
        if run_in_transaction(lambda tenant=tenant: _begin(tenant.id, now)):  # type: ignore[misc]  # bound at once
            _purge(tenant, now, beat)
            purged.append(tenant.slug)
            beat(1)
    return purged


def _begin(tenant_id: UUID, now: datetime) -> bool:
    """Pass the point of no return, unless somebody took the deletion back or carried it out meanwhile."""
    tenant = Tenant.objects.select_for_update(no_key=True).filter(pk=tenant_id).first()
    if tenant is None:
        return False
    if tenant.status == _Status.PURGING:
        return True
    if tenant.status != _Status.DELETING or tenant.deletes_at is None or tenant.deletes_at > now:
        return False
    tenant.status = _Status.PURGING
    tenant.save(update_fields=["status"])
    return True


def _purge(tenant: Tenant, now: datetime, beat: Callable[[int], None]) -> None:
    models = [model for model in tenant_models() if model._meta.app_label not in KEPT_APPS]
    for model in models:
        if is_leaf(model):
            while _delete_some(model, tenant.id):
                beat(0)
    run_in_transaction(lambda: _delete_rest(tenant, models, now))


def _delete_some(model: AnyModel, tenant_id: UUID) -> int:
    """Delete a batch of rows, in a transaction of its own; return how many there were."""
    statement = sql.SQL(
        "DELETE FROM {table} WHERE tenant_id = %s AND ctid = ANY(ARRAY("
        "SELECT ctid FROM {table} WHERE tenant_id = %s LIMIT %s))"
    ).format(table=sql.Identifier(model._meta.db_table))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [tenant_id, tenant_id, BATCH_ROWS])
        return int(cursor.rowcount)


def _delete_rest(tenant: Tenant, models: list[AnyModel], now: datetime) -> None:
    """Delete what refers to each other at once: foreign keys are looked at when the transaction ends."""
    system = ensure_system_tenant()
    locked(tenant.id)
    drop_scopes(tenant_scope(tenant.id))
    with connection.cursor() as cursor:
        owned = [(possession, _owned(cursor, possession, tenant.id)) for possession in possessions()]
        for possession, keys in owned:
            for model, key in pointing_at(possession.model):
                if not names_tenant(model):
                    _delete_by(cursor, model, key.column, keys)
        for model, key in dependents():
            cursor.execute(
                sql.SQL("DELETE FROM {table} WHERE {key} IN (SELECT {pk} FROM {parent} WHERE tenant_id = %s)").format(
                    table=sql.Identifier(model._meta.db_table),
                    key=sql.Identifier(key.column),
                    pk=sql.Identifier(primary_key(key.related_model)),
                    parent=sql.Identifier(key.related_model._meta.db_table),
                ),
                [tenant.id],
            )
        for model in models:
            table = sql.Identifier(model._meta.db_table)
            cursor.execute(sql.SQL("DELETE FROM {table} WHERE tenant_id = %s").format(table=table), [tenant.id])
        for possession, keys in owned:
            _delete_by(cursor, possession.model, primary_key(possession.model), keys)
        cursor.execute("DELETE FROM tenants_tenant WHERE id = %s", [tenant.id])
    record(
        Change(
            tenant_id=system.id,
            actor_id=None,
            actor_login="",
            scope="",
            action="tenants.tenant.erased",
            kind="tenant",
            target_id=tenant.id,
            target_label=tenant.slug,
            before={"slug": tenant.slug, "name": tenant.name},
            at=now,
        )
    )


def _owned(cursor: Any, possession: Possession, tenant_id: UUID) -> list[Any]:
    """Return the keys of what rows of the tenant have for themselves, before those rows go."""
    statement = sql.SQL("SELECT {key} FROM {table} WHERE tenant_id = %s AND {key} IS NOT NULL").format(
        key=sql.Identifier(possession.key.column), table=sql.Identifier(possession.owner._meta.db_table)
    )
    cursor.execute(statement, [tenant_id])
    return [key for (key,) in cursor.fetchall()]


def _delete_by(cursor: Any, model: AnyModel, column: str, values: list[Any]) -> None:
    statement = sql.SQL("DELETE FROM {table} WHERE {column} = ANY(%s)").format(
        table=sql.Identifier(model._meta.db_table), column=sql.Identifier(column)
    )
    cursor.execute(statement, [values])
