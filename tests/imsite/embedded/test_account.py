"""Root hands the server to an account that is there; everybody else keeps it."""

import os
import pwd
from pathlib import Path

import pytest

from imsite.embedded import account
from imsite.embedded.account import Account, choose_account
from imsite.errors import OperatorError
from tests.imsite.embedded.conftest import needs_root


@needs_root
def test_root_takes_an_existing_unprivileged_account(tmp_path: Path) -> None:
    chosen = choose_account(tmp_path / "postgres")

    assert chosen is not None
    assert pwd.getpwuid(chosen.uid).pw_name in account.CANDIDATE_NAMES


@needs_root
def test_the_owner_of_existing_data_keeps_it(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    folder.mkdir()
    os.chown(folder, 4711, 4712)

    assert choose_account(folder) == Account(uid=4711, gid=4712)


@needs_root
def test_without_such_an_account_the_ways_out_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "CANDIDATE_NAMES", ("no-such-account",))

    with pytest.raises(OperatorError, match=r"ordinary user.*DATABASE_URL"):
        choose_account(tmp_path / "postgres")


def test_an_ordinary_user_runs_it_herself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid or 4711)

    assert choose_account(tmp_path / "postgres") is None


def test_an_ordinary_user_cannot_take_anothers_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)

    with pytest.raises(OperatorError, match=r"belongs to user id.*IM_DATA_DIR"):
        choose_account(tmp_path)
