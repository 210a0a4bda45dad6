"""Wait, for a bounded time, until the database is reachable and has the schema of this code."""

import time

import psycopg
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from imsite.addresses import DatabaseAddress
from imsite.errors import OperatorError
from imsite.phrases import phrase

POLL_S = 0.1


def await_database(address: DatabaseAddress, timeout_s: float) -> None:
    """Return once a connection succeeds. Raises OperatorError with the last reason after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            psycopg.connect(address.conninfo, connect_timeout=5).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() >= deadline:
                reason = str(error).strip().splitlines()[0]
                raise OperatorError(
                    phrase(
                        "PostgreSQL at {host}:{port}, database {name}, cannot be used: {reason}. "
                        "Check that it runs and that DATABASE_URL is right",
                        host=address.host,
                        port=address.port,
                        name=address.name,
                        reason=reason,
                    )
                ) from error
        time.sleep(POLL_S)


def await_schema(timeout_s: float) -> None:
    """Return once every migration of this code is applied. Raises OperatorError after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while lacks_migrations():
        if time.monotonic() >= deadline:
            raise OperatorError(phrase("the database lacks migrations of this version: run manage.py migrate first"))
        time.sleep(POLL_S)


def lacks_migrations() -> bool:
    """Whether the database is behind the code's migrations."""
    executor = MigrationExecutor(connections["default"])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def disconnect() -> None:
    """Close what the questions above opened, the pool and its threads included."""
    connection = connections["default"]
    connection.close()
    close_pool = getattr(connection, "close_pool", None)
    if close_pool is not None:
        close_pool()
