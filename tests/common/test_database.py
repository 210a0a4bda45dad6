"""Where the event loop's connections go."""

import pytest
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from apps.common import database


@pytest.mark.django_db
def test_it_connects_to_the_database_that_django_uses() -> None:
    parts = conninfo_to_dict(database.conninfo())

    assert parts["dbname"] == connection.settings_dict["NAME"]
    assert int(str(parts["port"])) == int(connection.settings_dict["PORT"])


def test_djangos_own_options_stay_with_django(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"pool": {"min_size": 1}, "isolation_level": 1, "sslmode": "prefer"}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "it's \\ secret")

    parts = conninfo_to_dict(database.conninfo())

    assert parts["sslmode"] == "prefer"
    assert parts["password"] == "it's \\ secret"
    assert not {"pool", "isolation_level"} & set(parts)
