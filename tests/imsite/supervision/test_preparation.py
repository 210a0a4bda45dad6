"""Preparing brings schema, OAuth2 clients and demo accounts, and says in one line what the database refuses."""

import os
from pathlib import Path

import pytest
from django.db import connection
from oauth2_provider.models import get_application_model

from apps.accounts.models import User
from imsite.env import Environment
from imsite.errors import OperatorError
from imsite.supervision import preparation
from imsite.supervision.preparation import prepare_database


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """This process's environment with a data folder of its own; the test's connection stays open."""
    monkeypatch.setattr(preparation, "disconnect", lambda: None)
    return Environment({**os.environ, "IM_DATA_DIR": str(tmp_path)})


@pytest.mark.django_db
class TestPreparing:
    def test_it_makes_the_demo_and_returns_its_logins(self, environment: Environment) -> None:
        accounts = prepare_database(environment, demo=True)

        assert "alice@demo" in dict(accounts)
        assert (environment.data_dir / "demo-accounts.json").exists()

    def test_without_demo_there_are_no_accounts_but_the_clients_are_there(self, environment: Environment) -> None:
        get_application_model().objects.all().delete()

        assert prepare_database(environment, demo=False) == []

        assert not User.unscoped.exists()
        assert get_application_model().objects.filter(client_id="imsite-web").exists()

    def test_missing_migrations_are_applied(self, environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
        commands: list[tuple[object, ...]] = []
        monkeypatch.setattr(preparation, "call_command", lambda *command, **_options: commands.append(command))
        monkeypatch.setattr(preparation, "lacks_migrations", lambda: True)

        prepare_database(environment, demo=False)

        assert commands == [("migrate",)]

    def test_a_refusal_of_the_database_is_one_line(self, environment: Environment) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")

        with pytest.raises(OperatorError, match=r"the database refuses: .*read-only"):
            prepare_database(environment, demo=True)


def test_an_unreachable_database_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(preparation, "DATABASE_TIMEOUT_S", 0.0)
    url = "postgresql://imsite:x@127.0.0.1:1/imsite"

    with pytest.raises(OperatorError, match=r"127\.0\.0\.1:1"):
        prepare_database(Environment({"DATABASE_URL": url, "IM_DATA_DIR": str(tmp_path)}), demo=True)
