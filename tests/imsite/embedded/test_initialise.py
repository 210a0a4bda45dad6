"""A data folder appears whole or not at all."""

import os
from pathlib import Path

import pytest

from imsite.embedded import initialise
from imsite.embedded.account import choose_account
from imsite.embedded.address import ServerAddress
from imsite.embedded.initialise import create_data_folder
from imsite.errors import OperatorError

ADDRESS = ServerAddress(port=20001, user="imsite", password="abc123", database="imsite")

pytestmark = pytest.mark.processes


def test_the_folder_is_private_and_draft_and_password_are_gone(data_dir: Path) -> None:
    data_dir.mkdir()
    pgdata = data_dir / "postgres"
    (data_dir / "postgres.draft").mkdir()
    (data_dir / "postgres.draft" / "PG_VERSION").write_text("half\n", encoding="ascii")
    account = choose_account(pgdata)

    create_data_folder(pgdata, ADDRESS, account, durable=False)

    assert [path.name for path in data_dir.iterdir()] == ["postgres"]
    assert (pgdata / "PG_VERSION").read_text(encoding="ascii") == "18\n"
    assert pgdata.stat().st_mode & 0o777 == 0o700
    assert pgdata.stat().st_uid == (account.uid if account else os.geteuid())


def test_a_failure_carries_the_programs_own_complaint_and_leaves_no_data_folder(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir.mkdir()
    monkeypatch.setattr(initialise, "find_program", lambda _name: "/bin/false")

    with pytest.raises(OperatorError, match=r"could not create .*exit code 1"):
        create_data_folder(data_dir / "postgres", ADDRESS, None, durable=False)

    assert not (data_dir / "postgres").exists()
    assert not (data_dir / "postgres.draft.password").exists()
