"""The command line that starts a PostgreSQL program as the right account, tied to this process's life."""

import os
import sys
from pathlib import Path

from imsite.embedded import launch
from imsite.embedded.account import Account
from imsite.phrases import phrase


def launch_command(program: list[str], account: Account | None, *, needs: Path) -> list[str]:
    """`program` itself on Windows; elsewhere through `launch.py`, which needs no package."""
    if sys.platform == "win32":
        return program
    user = [] if account is None else [f"--uid={account.uid}", f"--gid={account.gid}"]
    script = [sys.executable, "-I", "-S", launch.__file__]
    return [*script, f"--parent={os.getpid()}", f"--needs={needs}", *user, "--", *program]


def explain_launch_failure(exit_code: int, reason: str) -> str | None:
    """What an exit code of `launch.py` means to the operator; `reason` is what it said. None for other codes."""
    if exit_code == launch.EXIT_UNREACHABLE:
        return phrase(
            "the unprivileged account that runs PostgreSQL cannot reach {reason}: set IM_DATA_DIR (and IM_VENV) to "
            "folders that every user may enter, or set DATABASE_URL",
            reason=reason,
        )
    if exit_code == launch.EXIT_NOT_PERMITTED:
        return phrase(
            "PostgreSQL refuses to run as root, and this process {reason}: "
            "run as an ordinary user, or set DATABASE_URL",
            reason=reason,
        )
    return None
