"""Signing in with the password of a real directory: whose it is, and what tells nobody anything."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory

from apps.accounts.models import User
from apps.accounts.services import create_user, deactivate_user
from apps.accounts.services.sign_in import guard
from apps.accounts.ways import method_of
from apps.identity.models import Connection, Link
from apps.identity.services import directory_sign_in
from apps.identity.services.directory_sign_in import Resting, prove, resting
from tests.conftest import PASSWORD as LOCAL_PASSWORD
from tests.identity.services.directories.conftest import NOW, Fill, directory  # noqa: F401 - a fixture
from tests.identity.slapd import (
    PASSWORD,
    slapd,  # noqa: F401 - a fixture
)
from tests.orgs.conftest import boss, company, give, grow, root  # noqa: F401 - fixtures


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    resting.clear()
    guard.clear()
    yield
    resting.clear()
    guard.clear()


@pytest.fixture
def connection(directory: Fill) -> Connection:  # noqa: F811 - the fixture
    return directory(timeout_s=2)


def sign_in(name: str, password: str) -> Any:
    return authenticate(RequestFactory().post("/"), username=f"{name}@acme", password=password)


def test_somebody_new_gets_an_account_of_hers_at_her_first_sign_in(connection: Connection) -> None:
    user = sign_in("user003", PASSWORD)

    assert user is not None
    assert (user.display_name, user.email) == ("员工003", "user003@example.com")
    link = Link.objects.for_tenant(user.tenant_id).get(user=user)
    assert (link.connection_id, link.last_used_at is not None) == (connection.pk, True)
    assert sign_in("user003", PASSWORD) == user
    assert method_of(user) == "ldap"


def test_nobody_gets_one_where_the_connection_makes_none(connection: Connection) -> None:
    connection.provisioning = Connection.Provisioning.OFF
    connection.save()

    assert sign_in("user003", PASSWORD) is None
    assert not User.objects.for_tenant(connection.tenant_id).filter(username="user003").exists()


def test_nobody_gets_one_in_a_tenant_that_is_full(connection: Connection, caplog: pytest.LogCaptureFixture) -> None:
    connection.tenant.users_max = User.objects.for_tenant(connection.tenant_id).filter(is_active=True).count()
    connection.tenant.save()

    assert sign_in("user003", PASSWORD) is None

    assert not User.objects.for_tenant(connection.tenant_id).filter(username="user003").exists()
    assert not Link.objects.for_tenant(connection.tenant_id).exists()
    (warning,) = [each for each in caplog.records if "got no account" in each.message]
    assert warning.__dict__["why"] == "tenant_users_limit"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("user003", "wrong"),
        ("user003", ""),
        ("user003", "x" * 1_001),
        ("nobody", PASSWORD),
        ("*", PASSWORD),
        ("user00*", PASSWORD),
        ("user003)(uid=*", PASSWORD),
        ("user150", PASSWORD),
    ],
)
def test_nobody_comes_in_with_a_wrong_an_empty_or_a_clever_one(
    connection: Connection, name: str, password: str
) -> None:
    assert sign_in(name, password) is None
    assert not Link.objects.for_tenant(connection.tenant_id).exists()


def test_a_local_account_is_not_the_directorys_of_the_same_name(connection: Connection) -> None:
    local = create_user(connection.tenant, username="user003", password=LOCAL_PASSWORD)

    assert sign_in("user003", PASSWORD) is None
    assert sign_in("user003", LOCAL_PASSWORD) == local


def test_the_link_tells_who_she_is_not_her_name(connection: Connection) -> None:
    user = sign_in("user003", PASSWORD)
    User.objects.for_tenant(user.tenant_id).filter(pk=user.pk).update(username="renamed", login="renamed@acme")

    assert sign_in("renamed", PASSWORD) == user
    assert sign_in("user003", PASSWORD) == user


def test_somebody_deactivated_stays_out(connection: Connection) -> None:
    user = sign_in("user003", PASSWORD)
    deactivate_user(user)

    assert sign_in("user003", PASSWORD) is None


def test_whoever_has_a_password_here_never_waits_long_for_a_silent_directory(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = create_user(connection.tenant, username="local", password=LOCAL_PASSWORD)
    connection.config = {**connection.config, "servers": ["127.0.0.1:1"]}
    connection.save()
    assert sign_in("local", LOCAL_PASSWORD) == local
    assert resting.has(connection.pk)

    def never(*_args: object, **_options: object) -> None:
        raise AssertionError("it rests")

    monkeypatch.setattr(directory_sign_in, "_ask", never)
    assert sign_in("local", LOCAL_PASSWORD) == local
    assert sign_in("user003", PASSWORD) is None


def test_everybody_takes_the_same_way_to_the_directory(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    local = create_user(connection.tenant, username="local", password=LOCAL_PASSWORD)
    sent: list[str] = []

    def note(_settings: object, *, dn: str, password: str) -> bool:
        sent.append(password)
        return False

    monkeypatch.setattr(directory_sign_in, "is_right", note)

    for name in ("local", "nobody", "user003"):
        user = local if name == "local" else None
        prove(connection.tenant, user, username=name, password=PASSWORD, now=NOW)

    assert len(sent) == 3
    assert [password == PASSWORD for password in sent] == [False, False, True]


def test_a_tenant_without_a_directory_asks_nobody(boss: User, connection: Connection) -> None:  # noqa: F811 - the fixture
    connection.is_active = False
    connection.save()

    assert prove(boss.tenant, None, username="user003", password=PASSWORD, now=NOW) is None


def test_settings_that_cannot_be_read_ask_nobody(connection: Connection) -> None:
    connection.config = {"servers": []}
    connection.save()

    assert prove(connection.tenant, None, username="user003", password=PASSWORD, now=NOW + timedelta(days=1)) is None


def test_a_directory_rests_for_a_while_and_no_longer() -> None:
    now = [0.0]
    rest = Resting(lambda: now[0])
    key = UUID(int=1)

    rest.note(key)

    assert rest.has(key)
    now[0] = directory_sign_in.REST_S
    assert not rest.has(key)
    for number in range(directory_sign_in.MAX_RESTING + 1):
        rest.note(UUID(int=number))
    assert not rest.has(UUID(int=0))
