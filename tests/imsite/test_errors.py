"""Operator errors are plain exceptions that the command line prints as one line."""

import subprocess
import sys

from imsite.env import ROOT
from imsite.errors import OperatorError


def test_the_text_is_what_was_said() -> None:
    assert str(OperatorError("port 8000 is taken")) == "port 8000 is taken"


def test_the_command_line_shows_one_line_and_no_traceback() -> None:
    finished = subprocess.run(
        [sys.executable, "manage.py", "bench", "no-such-benchmark"],
        cwd=ROOT,
        env={"IM_VENV": "none", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 1
    assert finished.stderr.startswith("imsite: no benchmark is named no-such-benchmark")
    assert len(finished.stderr.splitlines()) == 1
