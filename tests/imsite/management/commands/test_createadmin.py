"""`createadmin` makes administrators, and only them."""

import io

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A good password on standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))


def test_a_bare_name_belongs_to_the_system(db: None, typed: None) -> None:
    out = io.StringIO()

    call_command("createadmin", "Root", "--password-stdin", stdout=out)

    user = User.unscoped.get(login="root@system")
    assert (user.is_staff, user.is_superuser, user.check_password(PASSWORD)) == (True, True, True)
    assert "root@system" in out.getvalue()


def test_a_tenant_can_be_named(tenant: Tenant, typed: None) -> None:
    call_command("createadmin", "root@acme", "--password-stdin", stdout=io.StringIO())

    assert User.unscoped.get(login="root@acme").tenant == tenant


def test_an_unknown_tenant_is_refused(db: None, typed: None) -> None:
    with pytest.raises(CommandError):
        call_command("createadmin", "root@nowhere", "--password-stdin")

    assert not User.unscoped.filter(username="root").exists()


def test_a_weak_password_is_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("12345\n"))

    with pytest.raises(CommandError, match="easy to guess"):
        call_command("createadmin", "root", "--password-stdin")

    assert not User.unscoped.filter(username="root").exists()


def test_a_refusal_is_chinese_where_the_terminal_is(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("12345\n"))

    with pytest.raises(CommandError, match="密码"):
        call_command("createadmin", "root", "--password-stdin")


def test_passwords_that_differ_are_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([PASSWORD, "another"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))

    with pytest.raises(CommandError, match="differ"):
        call_command("createadmin", "root")


def test_an_account_that_exists_is_left_alone(alice: User, typed: None) -> None:
    with pytest.raises(CommandError, match="exists already"):
        call_command("createadmin", "alice@acme", "--password-stdin")
    with pytest.raises(CommandError, match="exists already"):
        call_command("createadmin", "alice@acme", "--password-stdin", "--reset-password")

    alice.refresh_from_db()
    assert not alice.is_superuser


def test_an_administrator_can_get_another_password(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for password, options in ((PASSWORD, []), ("another good one 9", ["--reset-password"])):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        call_command("createadmin", "root", "--password-stdin", *options, stdout=io.StringIO())

    assert User.unscoped.get(login="root@system").check_password("another good one 9")
