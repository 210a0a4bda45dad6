"""Django's engine for PostgreSQL, whose connections ask the database as who they are bound to.

Before a statement is sent the connection takes on the role that row-level security binds, with the tenant of the
request; where nobody is bound, its own role. That costs one round trip whenever it changes. A connection goes back to
the pool as its own, and what a rolled back transaction undid is done again.
"""

import logging
import time
from typing import Any, Final
from uuid import UUID

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from apps.common.wall.binding import bound_to

logger = logging.getLogger(__name__)

ROLE_SUFFIX: Final = "_bound"
"""Of the role that requests take on: the name of the one that connects, and this."""
TENANT_SETTING: Final = "imsite.tenant"
"""Where the database finds the tenant, in hexadecimal."""
POLICY: Final = "imsite_tenant_wall"
"""The name of the policies that make up the wall."""
LOOK_AGAIN_S: Final = 30.0
"""How long a missing wall is believed to be missing."""

_SWITCH: Final = f"SELECT set_config('role', %s, false), set_config('{TENANT_SETTING}', %s, false)"
_FIND_ROLE: Final = f"""
SELECT r.rolname FROM pg_roles AS r
WHERE r.rolname = session_user || '{ROLE_SUFFIX}' AND pg_has_role(session_user, r.oid, 'MEMBER')
  AND EXISTS (SELECT 1 FROM pg_policy WHERE polname = '{POLICY}')
"""  # noqa: S608 - constants of this module
_UNKNOWN: Final = UUID(int=0)
"""Stands for a tenant that nobody has: what is in force may have been rolled back."""


class _Walls:
    """Whether databases have a wall, by connection settings, and which role is bound by it."""

    def __init__(self) -> None:
        self._roles: dict[tuple[Any, ...], str] = {}
        self._missing: dict[tuple[Any, ...], float] = {}

    def role(self, wrapper: "DatabaseWrapper") -> str:
        """Return the role to take on, or nothing. One query, until the answer is known."""
        key = wrapper.database_key
        if key in self._roles:
            return self._roles[key]
        if time.monotonic() - self._missing.get(key, float("-inf")) < LOOK_AGAIN_S:
            return ""
        found = wrapper.connection.execute(_FIND_ROLE).fetchone()
        if found is None:
            if key not in self._missing:
                logger.warning(
                    "the database has no wall between tenants: queries are kept apart by the program alone; "
                    "see docs/operation.md, the second wall"
                )
            self._missing[key] = time.monotonic()
            return ""
        self._roles[key] = found[0]
        return str(found[0])

    def forget(self) -> None:
        """Look anew from now on: the wall has been built, or taken away."""
        self._roles.clear()
        self._missing.clear()


_walls: Final = _Walls()
forget_walls: Final = _walls.forget


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of Django that knows for whom it asks."""

    @property
    def database_key(self) -> tuple[Any, ...]:
        """What tells one database from another, and who connects to it."""
        return tuple(self.settings_dict[name] for name in ("HOST", "PORT", "NAME", "USER"))

    def wall_stands(self) -> bool:
        """Tell whether the database has the wall. One query at most."""
        self.ensure_connection()
        return bool(_walls.role(self))

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor of a connection that asks for whom this code is bound to."""
        self._take_sides()
        return super().create_cursor(name)

    def _take_sides(self) -> None:
        wanted = bound_to()
        raw = self.connection
        state = _state_of(raw)
        if state.in_transaction and raw.info.transaction_status == TransactionStatus.IDLE:
            state.become(_UNKNOWN)
        if state.tenant_id == wanted or raw.info.transaction_status == TransactionStatus.INERROR:
            return
        if wanted is None:
            self._switch(raw, state, None, "none")
        elif role := _walls.role(self):
            self._switch(raw, state, wanted, role)

    def _switch(self, raw: Any, state: "_State", tenant_id: UUID | None, role: str) -> None:
        """Take on a role; outside of the transaction if it has no statement yet, so that no rollback undoes it."""
        values = (role, tenant_id.hex if tenant_id else "")
        with self.wrap_database_errors:
            if raw.info.transaction_status == TransactionStatus.IDLE and not raw.autocommit:
                raw.autocommit = True
                try:
                    raw.execute(_SWITCH, values)
                finally:
                    raw.autocommit = False
            else:
                raw.execute(_SWITCH, values)
        state.become(tenant_id, in_transaction=raw.info.transaction_status != TransactionStatus.IDLE)

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # the stubs leave it out
        state = _state_of(self.connection)
        if state.in_transaction:
            state.become(_UNKNOWN, in_transaction=True)

    def _close(self) -> None:
        if self.connection is not None and self.pool and _state_of(self.connection).tenant_id is not None:
            _come_home(self.connection)
        super()._close()  # type: ignore[misc]  # the stubs leave it out


class _State:
    """For whom a connection asks at the moment, and whether that was said within the transaction that is open."""

    __slots__ = ("in_transaction", "tenant_id")

    def __init__(self) -> None:
        self.tenant_id: UUID | None = None
        self.in_transaction = False

    def become(self, tenant_id: UUID | None, *, in_transaction: bool = False) -> None:
        self.tenant_id = tenant_id
        self.in_transaction = in_transaction


def _state_of(raw: Any) -> _State:
    """Return the state of a connection, which goes with it from borrower to borrower."""
    state: _State | None = getattr(raw, "imsite_state", None)
    if state is None:
        state = raw.imsite_state = _State()
    return state


def _come_home(raw: Any) -> None:
    """Give a connection its own role back before others get it; one that can't have it is closed."""
    try:
        if raw.info.transaction_status != TransactionStatus.IDLE:
            raw.rollback()
        raw.autocommit = True
        raw.execute(_SWITCH, ("none", ""))
    except psycopg.Error:
        raw.close()
    else:
        _state_of(raw).become(None)
