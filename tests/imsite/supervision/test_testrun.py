"""The suite runs on as many workers as there are processors, unless the caller decides."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext

import pytest

from imsite.supervision import testrun


@pytest.mark.parametrize(
    "arguments", [["-n", "4"], ["-n0"], ["--numprocesses=2"], ["-x", "--dist=no"], ["tests/wire", "--pdb"]]
)
def test_the_caller_may_choose_the_workers(arguments: list[str]) -> None:
    assert testrun.parallel_options(arguments) == []


def test_otherwise_there_is_one_worker_per_processor() -> None:
    assert testrun.parallel_options(["tests/wire", "-x"])[:2] == ["-n", str(os.cpu_count())]


def test_pytest_runs_on_the_given_database_and_its_exit_code_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Sequence[object], Mapping[str, str]]] = []

    def run(command: Sequence[object], environment: Mapping[str, str]) -> int:
        seen.append((command, environment))
        return 5

    monkeypatch.setattr(
        testrun, "throwaway_database", lambda settings, durable: nullcontext({"S": settings, "D": str(durable)})
    )
    monkeypatch.setattr(testrun, "run_program", run)

    assert testrun.run_tests(["-n0", "tests/wire"]) == 5

    assert seen == [
        ([sys.executable, "-m", "pytest", "-n0", "tests/wire"], {"S": "imsite.settings.test", "D": "False"})
    ]
