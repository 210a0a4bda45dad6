"""Preparing an installation makes what is missing, prints it once, and can be repeated."""

import io
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from imsite.errors import OperatorError
from imsite.management.commands import prepare
from imsite.supervision import preparation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(preparation, "disconnect", lambda: None)
    monkeypatch.setenv("IM_DATA_DIR", str(tmp_path))


def run(**options: object) -> str:
    output = io.StringIO()
    call_command("prepare", stdout=output, **options)
    return output.getvalue()


def test_it_makes_no_account_unasked() -> None:
    assert run() == ""
    assert not User.unscoped.exists()


def test_the_printed_password_of_the_administrator_works() -> None:
    login, password = run(admin="Root").split()

    assert login == "root@system"
    user = authenticate(None, username=login, password=password)
    assert isinstance(user, User)
    assert (user.is_staff, user.is_superuser) == (True, True)


def test_a_repeated_run_keeps_the_administrators_password() -> None:
    login, password = run(admin="root").split()

    assert password not in run(admin="root")
    assert authenticate(None, username=login, password=password) is not None


@pytest.mark.parametrize(
    ("language", "line"), [("C.UTF-8", "username: may hold"), ("zh_CN.UTF-8", "username：只能包含")]
)
def test_a_name_nobody_may_have_is_one_line(monkeypatch: pytest.MonkeyPatch, language: str, line: str) -> None:
    monkeypatch.setenv("LANG", language)

    with pytest.raises(CommandError, match=line):
        run(admin="not a name!")

    assert not User.unscoped.filter(is_superuser=True).exists()


def test_the_demo_is_made_on_request() -> None:
    assert "alice@demo" in run(demo=True)


def test_a_refusing_database_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OperatorError("the database refuses: read-only")

    monkeypatch.setattr(prepare, "prepare_database", refuse)

    with pytest.raises(CommandError, match="read-only"):
        run()
