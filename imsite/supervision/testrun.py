"""`manage.py test`: the suite on a PostgreSQL of its own, thrown away afterwards, or on DATABASE_URL.

The throwaway server skips fsync, for it holds nothing worth keeping; tests about durability start their own.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

from imsite.embedded import EmbeddedPostgres
from imsite.env import ROOT, read_environment

# Tests of one file share fixtures, so a file stays on one worker.
PARALLEL = ["--dist", "loadfile"]


def run_tests(arguments: list[str]) -> int:
    """Run pytest with `arguments`; return its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    command = [sys.executable, "-m", "pytest", *_parallel(arguments), *arguments]
    environment = dict(os.environ, DJANGO_SETTINGS_MODULE="imsite.settings.test")
    if read_environment().database_url:
        return _run(command, environment)
    with tempfile.TemporaryDirectory(prefix="imsite-test-", ignore_cleanup_errors=True) as folder:
        postgres = EmbeddedPostgres(Path(folder), durable=False)
        try:
            environment["DATABASE_URL"] = postgres.start().url
            return _run(command, environment)
        finally:
            postgres.stop()


def _run(command: list[str], environment: dict[str, str]) -> int:
    with subprocess.Popen(command, cwd=ROOT, env=environment) as pytest:
        try:
            return pytest.wait()
        except KeyboardInterrupt:
            pytest.send_signal(signal.SIGINT)
            return pytest.wait()


def _parallel(arguments: list[str]) -> list[str]:
    """One worker per processor, unless the caller says how many."""
    chosen = any(argument.startswith(("-n", "--numprocesses", "--dist", "-p")) for argument in arguments)
    if chosen or importlib.util.find_spec("xdist") is None:
        return []
    return ["-n", str(os.cpu_count() or 1), *PARALLEL]


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
