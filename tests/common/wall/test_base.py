"""Connections that know for whom they ask: no rollback, no pool and no exception lets a tenant leak into another's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from apps.accounts.models import User
from apps.common.wall import base
from apps.common.wall.base import DatabaseWrapper, forget_walls
from apps.common.wall.binding import bound, unbound
from apps.tenants.models import Tenant

USERS = "SELECT login FROM accounts_user ORDER BY login"
WHO = "SELECT current_user <> session_user, current_setting('imsite.tenant', true)"


@pytest.fixture
def pooled(transactional_db: None) -> Iterator[DatabaseWrapper]:
    """A connection out of a pool that has only this one."""
    settings = {**connection.settings_dict, "OPTIONS": {"pool": {"min_size": 1, "max_size": 1, "timeout": 5}}}
    wrapper = DatabaseWrapper(settings, alias="pooled")
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


def rows(wrapper: Any, statement: str = USERS) -> list[tuple[Any, ...]]:
    with wrapper.cursor() as cursor:
        cursor.execute(statement)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


@contextmanager
def rolled_back() -> Iterator[None]:
    """A transaction, or a savepoint within one, that comes to nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_a_bound_connection_has_another_role_and_the_tenant(pooled: DatabaseWrapper, alice: User) -> None:
    with bound(alice.tenant_id):
        inside = rows(pooled, WHO)

    assert inside == [(True, alice.tenant_id.hex)]
    assert rows(pooled, WHO) == [(False, "")]


def test_a_tenant_does_not_leak_into_the_next_borrowers_connection(
    pooled: DatabaseWrapper, alice: User, eve: User
) -> None:
    with bound(alice.tenant_id):
        first = rows(pooled)
    pooled.close()
    raw = pooled.pool.getconn()
    in_pool = raw.execute(WHO).fetchone()
    raw.rollback()
    pooled.pool.putconn(raw)

    with bound(eve.tenant_id):
        second = rows(pooled)
    pooled.close()

    assert (first, in_pool, second) == ([("alice@acme",)], (False, ""), [("eve@rival",)])
    assert len(rows(pooled)) == 2


def test_a_connection_given_back_in_the_midst_of_a_transaction_comes_home_too(
    pooled: DatabaseWrapper, alice: User
) -> None:
    with bound(alice.tenant_id):
        pooled.connect()
        pooled.set_autocommit(False)
        rows(pooled)
        pooled.close()

    assert rows(pooled, WHO) == [(False, "")]


def test_a_connection_that_cannot_come_home_is_not_used_again(pooled: DatabaseWrapper, alice: User) -> None:
    with bound(alice.tenant_id):
        rows(pooled)
        [(pid,)] = rows(pooled, "SELECT pg_backend_pid()")
        with unbound():
            rows(connection, f"SELECT pg_terminate_backend({pid}, 5000)")
        pooled.close()

    assert rows(pooled, "SELECT pg_backend_pid()") != [(pid,)]
    assert rows(pooled, WHO) == [(False, "")] or rows(pooled, WHO) == [(False, None)]


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    def test_a_rollback_does_not_undo_the_binding(self, alice: User, eve: User) -> None:
        with bound(alice.tenant_id):
            with rolled_back():
                rows(connection)

            assert rows(connection) == [("alice@acme",)]

    def test_neither_does_that_of_a_transaction_that_was_bound_on_its_way(self, alice: User, eve: User) -> None:
        with rolled_back():
            rows(connection)
            with bound(alice.tenant_id):
                rows(connection)
        after = rows(connection)

        with bound(alice.tenant_id):
            assert rows(connection) == [("alice@acme",)]
        assert len(after) == 2

    def test_nor_that_of_a_savepoint(self, alice: User, eve: User) -> None:
        with transaction.atomic():
            rows(connection)
            with bound(alice.tenant_id):
                with rolled_back():
                    rows(connection)
                bound_rows = rows(connection)
            with unbound(), rolled_back():
                rows(connection)

            assert (bound_rows, len(rows(connection))) == ([("alice@acme",)], 2)

    def test_a_failed_statement_within_leaves_the_rest_bound(self, alice: User, eve: User) -> None:
        with transaction.atomic():
            rows(connection)
            with pytest.raises(DatabaseError), transaction.atomic(), bound(alice.tenant_id):
                rows(connection, "SELECT 1/0")
            with bound(eve.tenant_id):
                assert rows(connection) == [("eve@rival",)]

    def test_a_commit_keeps_it(self, alice: User, eve: User) -> None:
        with bound(alice.tenant_id):
            with transaction.atomic():
                rows(connection)

            assert rows(connection) == [("alice@acme",)]

    def test_a_server_side_cursor_is_bound(self, alice: User, eve: User) -> None:
        with bound(alice.tenant_id):
            assert [user.login for user in User.unscoped.iterator(chunk_size=1)] == ["alice@acme"]


@pytest.mark.django_db(transaction=True)
class TestWithoutAWall:
    def test_it_is_said_once_and_queries_go_on_as_they_are(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, alice: User, eve: User
    ) -> None:
        monkeypatch.setattr(base, "_FIND_ROLE", "SELECT 1 WHERE false")
        monkeypatch.setattr(base, "LOOK_AGAIN_S", 0.0)
        forget_walls()

        with bound(alice.tenant_id):
            seen = [len(rows(connection)) for _ in range(3)]

        assert seen == [2, 2, 2]
        assert caplog.text.count("no wall") == 1
        assert not connection.wall_stands()  # type: ignore[attr-defined]  # ours
        forget_walls()

    def test_it_is_not_looked_for_all_the_time(self, monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
        monkeypatch.setattr(base, "_FIND_ROLE", "SELECT 1 WHERE false")
        forget_walls()
        with bound(alice.tenant_id):
            rows(connection)
        monkeypatch.undo()

        with bound(alice.tenant_id):
            assert rows(connection, WHO) in ([(False, "")], [(False, None)])
        forget_walls()


@pytest.mark.django_db
def test_the_wall_of_the_test_database_stands() -> None:
    assert connection.wall_stands()  # type: ignore[attr-defined]  # ours


def test_what_is_bound_to_nobody_stays_cheap(tenant: Tenant, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        list(Tenant.objects.all())
