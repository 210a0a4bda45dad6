"""Waiting for the database is bounded, and says in the end what is wrong."""

import dataclasses
import socket

import pytest
from django.db import connection

from imsite import readiness
from imsite.addresses import DatabaseAddress
from imsite.env import read_environment
from imsite.errors import OperatorError


def unreachable_address() -> DatabaseAddress:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return DatabaseAddress("127.0.0.1", port, "imsite", "secret", "imsite", {})


def test_a_database_that_answers_is_ready_at_once() -> None:
    readiness.await_database(read_environment().database, timeout_s=5)


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    address = unreachable_address()

    with pytest.raises(OperatorError, match=rf"127\.0\.0\.1:{address.port}.*refused.*DATABASE_URL") as caught:
        readiness.await_database(address, timeout_s=0.2)

    assert "secret" not in str(caught.value)


def test_a_database_that_does_not_exist_is_named() -> None:
    missing = dataclasses.replace(read_environment().database, name="no_such_database")

    with pytest.raises(OperatorError, match=r'database "no_such_database" does not exist'):
        readiness.await_database(missing, timeout_s=0)


@pytest.mark.django_db
class TestSchema:
    def test_a_migrated_database_is_ready(self) -> None:
        readiness.await_schema(timeout_s=0)

    def test_a_missing_migration_is_waited_for_and_then_named(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'messaging'")

        with pytest.raises(OperatorError, match=r"manage\.py migrate"):
            readiness.await_schema(timeout_s=0.2)

    def test_the_wait_ends_when_the_migration_arrives(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = iter([True, True, False])
        monkeypatch.setattr(readiness, "lacks_migrations", lambda: next(answers))

        readiness.await_schema(timeout_s=10)

        assert next(answers, None) is None
