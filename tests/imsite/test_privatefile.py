"""Private files are private and whole."""

import stat
from pathlib import Path

import pytest

from imsite.privatefile import write_private


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "secret.json"

    write_private(path, "密")

    assert path.read_text(encoding="utf-8") == "密"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_readable_file_becomes_private(tmp_path: Path) -> None:
    path = tmp_path / "secret.json"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o644)

    write_private(path, "fresh")

    assert path.read_text(encoding="utf-8") == "fresh"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_draft_left_by_a_crash_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "secret.json.new").write_text("half", encoding="utf-8")

    write_private(tmp_path / "secret.json", "whole")

    assert [path.name for path in tmp_path.iterdir()] == ["secret.json"]


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "secret.json"
    write_private(path, "old")

    with pytest.raises(UnicodeEncodeError):
        write_private(path, "\ud800")

    assert path.read_text(encoding="utf-8") == "old"
