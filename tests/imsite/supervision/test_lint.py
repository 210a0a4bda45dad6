"""All checks run, and one that finds something fails the whole."""

import sys
from pathlib import Path

import pytest

from imsite.env import ROOT
from imsite.supervision import lint


def test_every_check_is_installed_and_every_source_exists() -> None:
    programs = Path(sys.executable).parent

    assert all((programs / command[0]).exists() for command in lint.CHECKS.values())
    assert all((ROOT / source).exists() for source in lint.SOURCES)


def test_all_passing_is_success(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(lint, "CHECKS", {"first": ["python", "-c", ""], "second": ["python", "-c", ""]})

    assert lint.run_lint() == 0
    assert "all checks passed" in capsys.readouterr().out


def test_a_failure_does_not_keep_the_others_from_running(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing, passing = ["python", "-c", "import sys; sys.exit(2)"], ["python", "-c", ""]
    monkeypatch.setattr(lint, "CHECKS", {"first": failing, "second": passing, "third": failing})

    assert lint.run_lint() == 1

    said = capsys.readouterr().out
    assert "second passed" in said
    assert said.endswith("lint: failed: first, third\n")
