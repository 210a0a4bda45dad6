"""`manage.py catalogue` reports, compiles, and checks without touching anything."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from imsite.management.commands import catalogue as command

PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "known"\nmsgstr "已知"\n'


@pytest.fixture
def po_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "django.po"
    path.write_text(PO, encoding="utf-8")
    monkeypatch.setattr(command, "catalogue_files", lambda: [path])
    monkeypatch.setattr(command, "wanted_keys", lambda: {"known"})
    return path


def test_it_compiles_and_is_then_content(po_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("catalogue")

    assert "已知" in po_file.with_suffix(".mo").read_bytes().decode("utf-8", "ignore")
    call_command("catalogue", "--check")
    assert capsys.readouterr().out == ""


def test_a_check_finds_what_is_not_compiled_and_writes_nothing(po_file: Path) -> None:
    with pytest.raises(CommandError, match="1 things"):
        call_command("catalogue", "--check")

    assert not po_file.with_suffix(".mo").exists()


def test_missing_and_unused_texts_are_named(
    po_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "wanted_keys", lambda: {"new", "cat\0cats"})

    call_command("catalogue")

    assert capsys.readouterr().out.splitlines() == ["missing: cat / cats", "missing: new", "unused: known"]
    with pytest.raises(CommandError):
        call_command("catalogue", "--check")
