"""What the second wall between tenants is made of: a role, and a policy on every table that leads to a tenant.

Built after each migration, as far as it is missing, so a new table has it from its first release on. Whoever owns the
tables is not bound by it: migrations, commands and the node's own connections see everything. Requests take on the
role (`apps.common.wall`). Where the database refuses to make roles, or knows no row-level security, there is no wall,
and nothing else changes.
"""

import hashlib
import logging
from collections.abc import Iterator
from typing import Any, Final

from django.apps import apps
from django.db import DatabaseError, connections, models, transaction
from psycopg import sql

from apps.access.models import Grant
from apps.common.wall.base import POLICY, ROLE_SUFFIX, TENANT_SETTING, forget_walls
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)

OTHERS: Final = f"{POLICY}_others"
"""The policy that leaves every other role of the database as it is."""

_CURRENT: Final = f"(SELECT nullif(current_setting('{TENANT_SETTING}', true), '')::uuid)"
"""A subquery, so that it is worked out once per statement and not once per row."""

_WIDER: Final = {
    Grant._meta.db_table: f"tenant_id = {_CURRENT} "
    f"OR starts_with(scope, (SELECT 't:' || nullif(current_setting('{TENANT_SETTING}', true), '')))",
}
"""Where a tenant sees more than its own: powers over it that people of the system's tenant hold."""

_MISSING: Final = """
SELECT c.relname
FROM unnest(%s::text[], %s::text[]) AS w(name, digest)
JOIN pg_class AS c ON c.relname = w.name AND c.relnamespace = current_schema()::regnamespace
WHERE NOT (c.relrowsecurity AND EXISTS (
    SELECT 1 FROM pg_policy AS p
    WHERE p.polrelid = c.oid AND p.polname = %s AND obj_description(p.oid, 'pg_policy') = w.digest
))
"""
_ROLE: Final = """
SELECT w.name, current_schema(),
       EXISTS (SELECT 1 FROM pg_roles AS r WHERE r.rolname = w.name AND pg_has_role(session_user, r.oid, 'MEMBER'))
FROM (SELECT session_user || %s AS name) AS w
"""
_UNREACHABLE: Final = """
SELECT EXISTS (
    SELECT 1 FROM pg_class AS c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT has_table_privilege(%s, c.oid, 'INSERT')
)
"""


def build_wall(using: str = "default") -> bool:
    """Build what is missing of the wall and tell whether it stands. Three queries where nothing is missing."""
    for is_last in (False, True):
        try:
            with transaction.atomic(using=using):
                _build(using)
        except DatabaseError as error:
            if not is_last and _lost_race(error):
                continue
            logger.warning("no wall between tenants in this database, the program keeps them apart alone: %s", error)
            return False
        finally:
            forget_walls()
        return True
    raise AssertionError("unreachable: the last attempt returns")


def walled_tables() -> dict[str, str]:
    """Return each table that leads to a tenant, with the condition that its rows are of the current one."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        condition = _condition(model)
        if condition and model._meta.managed and not model._meta.proxy:
            found[model._meta.db_table] = condition
    return found


def _lost_race(error: DatabaseError) -> bool:
    """Tell whether someone else made the same role in this moment: roles belong to all databases of a server."""
    return getattr(error.__cause__, "sqlstate", "") in {"42710", "23505", "XX000"}


def _build(using: str) -> None:
    connection = connections[using]
    wanted = walled_tables()
    with connection.cursor() as cursor:
        role, schema = _ensure_role(cursor)
        cursor.execute(_MISSING, [list(wanted), [_digest(condition) for condition in wanted.values()], POLICY])
        for (table,) in cursor.fetchall():
            for statement in _statements(table, wanted[table], role):
                cursor.execute(statement)
        cursor.execute(_UNREACHABLE, [role])
        if cursor.fetchone()[0]:
            for statement in _grants(role, schema):
                cursor.execute(statement)


def _ensure_role(cursor: Any) -> tuple[str, str]:
    """Return the role that requests take on, made now if need be, and the schema of our tables."""
    cursor.execute(_ROLE, [ROLE_SUFFIX])
    name, schema, is_there = cursor.fetchone()
    if not is_there:
        role = sql.Identifier(name)
        cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOINHERIT").format(role))
        cursor.execute(sql.SQL("GRANT {} TO SESSION_USER").format(role))
    return str(name), str(schema)


def _statements(table: str, condition: str, role: str) -> Iterator[sql.Composed]:
    """What puts the wall around one table: for the role only its tenant's rows, for others what they had."""
    parts = {
        "table": sql.Identifier(table),
        "wall": sql.Identifier(POLICY),
        "others": sql.Identifier(OTHERS),
        "role": sql.Identifier(role),
        "digest": sql.Literal(_digest(condition)),
        "condition": sql.SQL(condition),
    }
    for text in (
        "DROP POLICY IF EXISTS {wall} ON {table}",
        "DROP POLICY IF EXISTS {others} ON {table}",
        "CREATE POLICY {others} ON {table} USING (true) WITH CHECK (true)",
        "CREATE POLICY {wall} ON {table} AS RESTRICTIVE TO {role} USING ({condition}) WITH CHECK ({condition})",
        "COMMENT ON POLICY {wall} ON {table} IS {digest}",
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
    ):
        yield sql.SQL(text).format(**parts)


def _grants(role: str, schema: str) -> Iterator[sql.Composed]:
    for text in (
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    ):
        yield sql.SQL(text).format(schema=sql.Identifier(schema), role=sql.Identifier(role))


def _condition(model: type[models.Model]) -> str:
    """The condition on a row of this model, or nothing where it leads to no tenant."""
    if model is Tenant:
        return f"id = {_CURRENT}"
    if model._meta.db_table in _WIDER:
        return _WIDER[model._meta.db_table]
    if _tenant_column(model):
        return f"tenant_id = {_CURRENT}"
    for field in model._meta.concrete_fields:
        parent = field.related_model
        if isinstance(field, models.ForeignKey) and isinstance(parent, type) and _tenant_column(parent):
            key, table = parent._meta.pk.column, parent._meta.db_table
            seen = f'"{field.column}" IN (SELECT "{key}" FROM "{table}")'  # noqa: S608 - names of our own models
            return f'("{field.column}" IS NULL OR {seen})' if field.null else seen
    return ""


def _digest(condition: str) -> str:
    """Return what tells one condition from another: a table whose policy has another one gets a new policy."""
    return hashlib.sha256(condition.encode()).hexdigest()[:16]


def _tenant_column(model: type[models.Model]) -> bool:
    return any(field.column == "tenant_id" for field in model._meta.concrete_fields)
