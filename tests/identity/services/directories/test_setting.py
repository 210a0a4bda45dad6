"""Changing a directory lets it be due in time, and never puts that off."""

from datetime import timedelta

import pytest

from apps.accounts.models import User
from apps.common.errors import Stale
from apps.identity.errors import DirectoryUnset
from apps.identity.models import Connection, DirectoryClock
from apps.identity.services.connections import Terms
from apps.identity.services.directories.setting import schedule, set_directory
from tests.identity.services.directories.conftest import NOW, Fill

HOUR = timedelta(minutes=60)


def due_at(connection: Connection) -> object:
    return DirectoryClock.objects.for_tenant(connection.tenant_id).get().due_at


def test_it_is_due_after_its_interval_and_never_without_one(directory: Fill, boss: User) -> None:
    connection = directory(interval_minutes=60)
    terms = Terms(name="HQ", config=connection.config)
    set_directory(boss, connection_id=connection.pk, version=1, terms=terms, now=NOW)
    assert due_at(connection) == NOW + HOUR

    terms = Terms(name="HQ", config={**connection.config, "interval_minutes": 0})
    set_directory(boss, connection_id=connection.pk, version=2, terms=terms, now=NOW)

    assert due_at(connection) is None


def test_saving_it_again_and_again_puts_nothing_off(directory: Fill) -> None:
    connection = directory(interval_minutes=60)
    schedule(connection, now=NOW)

    schedule(connection, now=NOW + HOUR / 2)

    assert due_at(connection) == NOW + HOUR


def test_what_is_refused_changes_nothing(directory: Fill, boss: User) -> None:
    connection = directory(interval_minutes=60)
    for terms, version, error in (
        (Terms(name="HQ", config=connection.config), 7, Stale),
        (Terms(name="HQ", config={"servers": []}), 1, DirectoryUnset),
    ):
        with pytest.raises(error):
            set_directory(boss, connection_id=connection.pk, version=version, terms=terms, now=NOW)

    connection.refresh_from_db()
    assert (connection.name, connection.version) == ("ldap of acme", 1)
    assert not DirectoryClock.objects.for_tenant(connection.tenant_id).exists()
