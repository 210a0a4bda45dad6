"""`manage.py test`: the suite on a PostgreSQL of its own, thrown away afterwards, or on DATABASE_URL.

The throwaway server skips fsync, for it holds nothing worth keeping; tests about durability start their own.
"""

import importlib.util
import os
import sys
from collections.abc import Sequence

from imsite.supervision.throwaway import run_program, throwaway_database

# Arguments by which the caller decides about processes himself.
PARALLEL_OPTIONS = ("-n", "--numprocesses", "--dist", "--pdb")


def run_tests(arguments: list[str]) -> int:
    """Run pytest with `arguments`; return its exit code."""
    command = [sys.executable, "-m", "pytest", *parallel_options(arguments), *arguments]
    with throwaway_database("imsite.settings.test", durable=False) as environment:
        return run_program(command, environment)


def parallel_options(arguments: Sequence[str]) -> list[str]:
    """One worker per processor, unless the caller says otherwise. A file stays on one worker: its tests share.

    Files are given out in the order of the collection, which puts those that mostly wait first (`tests/conftest.py`);
    by the number of their tests they would come last, one after the other on a single worker.
    """
    chosen = any(argument.startswith(PARALLEL_OPTIONS) for argument in arguments)
    if chosen or importlib.util.find_spec("xdist") is None:
        return []
    return ["-n", str(os.cpu_count() or 1), "--dist", "loadfile", "--no-loadscope-reorder"]
