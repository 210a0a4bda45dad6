"""What tests leave in their database is gone; a database of a server's own is a whole copy."""

import psycopg
import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from psycopg import sql

from apps.accounts.models import User
from apps.accounts.services.applications import BUILT_IN
from tests.databases import database_url, drop_database, empty_tables, make_database


@pytest.mark.django_db(transaction=True)
def test_what_a_test_left_is_gone_but_for_what_comes_with_the_tables(alice: User) -> None:
    permissions = Permission.objects.count()

    assert empty_tables()

    assert not User.unscoped.exists()
    assert Permission.objects.count() == permissions > 0


@pytest.mark.django_db
def test_a_copy_has_the_tables_the_walls_and_the_applications_and_nobody() -> None:
    name = f"{connection.settings_dict['NAME']}_copy"
    try:
        make_database(name)

        with psycopg.connect(database_url(name)) as copy:
            assert _count(copy, "accounts_user") == 0
            assert _count(copy, "pg_policies") == _count_here("pg_policies") > 0
            assert _count(copy, "oauth2_provider_application") == len(BUILT_IN)
    finally:
        drop_database(name)


@pytest.mark.django_db
def test_all_copies_of_a_run_are_made_of_one() -> None:
    names = [f"{connection.settings_dict['NAME']}_{place}" for place in ("first", "second")]
    try:
        for name in names:
            make_database(name)
            psycopg.connect(database_url(name)).close()
    finally:
        for name in names:
            drop_database(name)


def _count(database: "psycopg.Connection[tuple[object, ...]]", table: str) -> object:
    found = database.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    assert found is not None
    return found[0]


def _count_here(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])
