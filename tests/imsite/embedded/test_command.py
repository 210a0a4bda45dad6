"""The command line says who, what and whose life it depends on."""

import os
import sys
from pathlib import Path

import pytest

from imsite.embedded import launch
from imsite.embedded.account import Account
from imsite.embedded.command import explain_launch_failure, launch_command


@pytest.mark.skipif(sys.platform == "win32", reason="Windows starts programs directly")
def test_the_program_comes_after_account_needs_and_parent() -> None:
    command = launch_command(["/bin/postgres", "-D", "x"], Account(uid=101, gid=102), needs=Path("/data"))

    options = command[command.index(launch.__file__) + 1 : command.index("--")]
    assert options == [f"--parent={os.getpid()}", "--needs=/data", "--uid=101", "--gid=102"]
    assert command[command.index("--") + 1 :] == ["/bin/postgres", "-D", "x"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows starts programs directly")
def test_an_ordinary_user_changes_no_account() -> None:
    command = launch_command(["/bin/postgres"], None, needs=Path("/data"))

    assert not any(part.startswith(("--uid", "--gid")) for part in command)


@pytest.mark.parametrize("exit_code", [launch.EXIT_UNREACHABLE, launch.EXIT_NOT_PERMITTED])
def test_every_failure_of_the_launcher_tells_reason_and_way_out(exit_code: int) -> None:
    explanation = explain_launch_failure(exit_code, "/home/private")

    assert explanation is not None
    assert "/home/private" in explanation
    assert "set DATABASE_URL" in explanation


def test_the_programs_own_exit_codes_are_not_explained() -> None:
    assert explain_launch_failure(1, "FATAL: no space left") is None
