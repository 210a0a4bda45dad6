"""The programs of the wheel are found without importing the wheel."""

import subprocess
import sys
from pathlib import Path

import pytest

from imsite.embedded import binaries
from imsite.errors import OperatorError


@pytest.mark.parametrize("name", ["initdb", "postgres", "pg_ctl"])
def test_the_programs_run(name: str) -> None:
    said = subprocess.run([binaries.find_program(name), "--version"], capture_output=True, text=True, check=True)

    assert "(PostgreSQL) 18." in said.stdout


def test_the_wheels_own_package_is_not_imported() -> None:
    binaries.find_program("postgres")

    assert binaries.WHEEL_PACKAGE not in sys.modules


def test_a_missing_wheel_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "WHEEL_PACKAGE", "no_such_wheel")

    with pytest.raises(OperatorError, match=r"no_such_wheel .*not installed.*DATABASE_URL"):
        binaries.find_program("postgres")


def test_a_missing_program_is_named() -> None:
    with pytest.raises(OperatorError, match="no-such-program is missing"):
        binaries.find_program("no-such-program")


def test_the_programs_are_of_the_wheel_and_not_of_the_machine() -> None:
    assert Path(binaries.WHEEL_PACKAGE).name in binaries.find_program("postgres").parts
