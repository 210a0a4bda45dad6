"""Databases of servers that tests start, which are copies of one that was migrated once per run; and how the tests' own
is emptied.
"""

import os
import subprocess
import sys
from functools import cache
from typing import Final
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from imsite.env import ROOT

_LOCK: Final = 0x696D74
"""Who makes the first database of a run holds it, and the other workers wait."""
_KEPT: Final = frozenset({"auth_permission", "django_content_type", "django_migrations"})
"""Tables that are filled after migrations, and that no test writes to."""


def database_url(name: str) -> str:
    """Where a database of the tests' server is."""
    fields = settings.DATABASES["default"]
    login = f"{quote(fields['USER'])}:{quote(fields['PASSWORD'])}"
    return f"postgresql://{login}@{fields['HOST']}:{fields['PORT']}/{name}"


def make_database(name: str) -> None:
    """Make a database with all tables and nobody in it."""
    original = _original()
    with psycopg.connect(database_url("postgres"), autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK, _run()])
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [original]).fetchone() is None:
            _make_original(server, original)
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(original)))


def drop_database(name: str) -> None:
    """Take a database away, whoever is still connected to it."""
    with psycopg.connect(database_url("postgres"), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def drop_original() -> None:
    """Take away what the copies of this run were made of. For the process that hands out the tests, at the end."""
    drop_database(_original())


def _original() -> str:
    """A name that all workers of a run have in common: they are children of one process."""
    return f"imsite_original_{_run()}"


def _run() -> int:
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def _make_original(server: "psycopg.Connection[tuple[object, ...]]", original: str) -> None:
    """Migrate under another name: what has the right one is whole."""
    begun = f"{original}_begun"
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(begun)))
    server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(begun)))
    environment = dict(
        os.environ, DATABASE_URL=database_url(begun), DJANGO_SETTINGS_MODULE="imsite.settings.test", IM_VENV="none"
    )
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(begun), sql.Identifier(original)))


def empty_tables() -> bool:
    """Take away what a test without a transaction of its own left; False where the server does not let us.

    Django's own way truncates every table and then makes permissions and applications anew, which takes ten times as
    long. Here only tables with rows are emptied, and what migrations are followed by (`_KEPT`) stays.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SET LOCAL session_replication_role = replica")  # neither foreign keys nor triggers are asked
        cursor.execute(_which_have_rows())
        for (table,) in cursor.fetchall():
            cursor.execute(f'DELETE FROM "{table}"')
    return True


@cache
def _which_have_rows() -> str:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in tables if table not in _KEPT
    )
