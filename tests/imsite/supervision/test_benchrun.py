"""Benchmarks run one after the other on a migrated database of default durability."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest

from imsite.errors import OperatorError
from imsite.supervision import benchrun


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The last words of every command that is run; a benchmark named `broken` fails."""
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    for name in ("store", "gateway", "broken", "_shared"):
        (folder / f"{name}.py").touch()
    seen: list[str] = []

    def run(command: Sequence[object], _environment: Mapping[str, str]) -> int:
        seen.append(" ".join(str(part) for part in command[1:] if not str(part).endswith("manage.py")))
        return 3 if str(command[-1]).endswith("broken") else 0

    monkeypatch.setattr(benchrun, "ROOT", tmp_path)
    monkeypatch.setattr(benchrun, "run_program", run)
    monkeypatch.setattr(
        benchrun, "throwaway_database", lambda _settings, durable: nullcontext({"durable": str(durable)})
    )
    return seen


def test_the_named_ones_run_after_the_migrations(commands: list[str]) -> None:
    assert benchrun.run_benchmarks(["store", "gateway"]) == 0

    assert commands == ["migrate --no-input --verbosity=0", "-m benchmarks.store", "-m benchmarks.gateway"]


def test_options_reach_the_programs(commands: list[str]) -> None:
    assert benchrun.run_benchmarks(["store", "--json", "--rounds", "3"]) == 0

    assert commands[1:] == ["-m benchmarks.store --json --rounds 3"]


def test_a_failure_ends_the_run_with_its_code(commands: list[str]) -> None:
    assert benchrun.run_benchmarks(["broken", "store"]) == 3

    assert commands[-1] == "-m benchmarks.broken"


def test_without_names_all_run(commands: list[str]) -> None:
    assert benchrun.available_benchmarks() == ["broken", "gateway", "store"]


def test_an_unknown_name_is_refused_with_the_known_ones(commands: list[str]) -> None:
    with pytest.raises(OperatorError, match=r"nonsense: choose from broken, gateway, store"):
        benchrun.run_benchmarks(["nonsense"])

    assert commands == []
