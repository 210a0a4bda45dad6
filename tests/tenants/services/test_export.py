"""A tenant in one file: all of it, nothing of others, and no secrets."""

import json
import stat
import zipfile
from pathlib import Path

import pytest

from apps.access.errors import NotPermitted
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.messaging.services import conversations
from apps.tenants import services
from apps.tenants.services import export

pytestmark = pytest.mark.django_db
NOW_MS = 1_800_000_000_000


def lines(path: Path, name: str) -> list[dict[str, object]]:
    with zipfile.ZipFile(path) as archive:
        return [json.loads(line) for line in archive.read(f"{name}.jsonl").splitlines()]


def test_all_of_a_tenant_and_nothing_of_others_is_in_the_file(
    alice: User, bob: User, eve: User, tmp_path: Path
) -> None:
    talk = conversations.start_group(alice, title="会议", member_ids=[bob.id], now_ms=NOW_MS)
    conversations.start_group(eve, title="Theirs", member_ids=[], now_ms=NOW_MS)
    path = tmp_path / "acme.zip"

    counts = services.export_tenant(alice.tenant, path)

    assert {row["login"] for row in lines(path, "accounts.user")} == {"alice@acme", "bob@acme"}
    assert [row["title"] for row in lines(path, "conversations.conversation")] == ["会议"]
    assert {row["conversation_id"] for row in lines(path, "messaging.event")} == {str(talk.pk)}
    assert [row["slug"] for row in lines(path, "tenants.tenant")] == ["acme"]
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("manifest.json"))["rows"] == counts
        assert b"Theirs" not in b"".join(archive.read(name) for name in archive.namelist())


def test_no_password_leaves_and_nobody_else_reads_the_file(alice: User, tmp_path: Path) -> None:
    path = tmp_path / "acme.zip"

    services.export_tenant(alice.tenant, path)

    assert "password" not in lines(path, "accounts.user")[0]
    with zipfile.ZipFile(path) as archive:
        assert alice.password.encode() not in b"".join(archive.read(name) for name in archive.namelist())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_there_stays(alice: User, tmp_path: Path) -> None:
    path = tmp_path / "acme.zip"
    path.write_text("precious")

    with pytest.raises(FileExistsError):
        services.export_tenant(alice.tenant, path)

    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_no_half_a_file(alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> int:
        raise OSError("no space left")

    monkeypatch.setattr(export, "_write_rows", fail)

    with pytest.raises(OSError, match="no space left"):
        services.export_tenant(alice.tenant, tmp_path / "acme.zip")

    assert list(tmp_path.iterdir()) == []


def test_not_everybody_may_and_the_log_tells_who_did(alice: User, tmp_path: Path) -> None:
    with pytest.raises(NotPermitted):
        services.export_tenant(alice.tenant, tmp_path / "no.zip", actor=alice)

    services.export_tenant(alice.tenant, tmp_path / "acme.zip")

    assert list(tmp_path.glob("no*")) == []
    assert Entry.objects.for_tenant(alice.tenant_id).get().action == "tenants.tenant.exported"
