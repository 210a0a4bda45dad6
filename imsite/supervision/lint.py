"""`manage.py lint`: every static check of the project, all of them even when the first fails."""

import os
import subprocess
import sys
import time
from pathlib import Path

from imsite.env import ROOT
from imsite.phrases import phrase

SOURCES = ["manage.py", "imsite", "apps", "tests", "benchmarks"]
CHECKS: dict[str, list[str]] = {
    "style": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy", *SOURCES],
    "contracts": ["lint-imports"],
}


def run_lint() -> int:
    """Run the checks one after the other and return 1 when any found something."""
    programs = Path(sys.executable).parent
    environment = dict(os.environ, DJANGO_SETTINGS_MODULE="imsite.settings.test")
    failed = [name for name, command in CHECKS.items() if not _run(name, command, programs, environment)]
    verdict = phrase("lint: failed: {names}", names=", ".join(failed)) if failed else phrase("lint: all checks passed")
    sys.stdout.write(f"{verdict}\n")
    return 1 if failed else 0


def _run(name: str, command: list[str], programs: Path, environment: dict[str, str]) -> bool:
    began_at = time.monotonic()
    sys.stdout.write(f"lint: {name}: {' '.join(command)}\n")
    sys.stdout.flush()
    finished = subprocess.run([programs / command[0], *command[1:]], cwd=ROOT, env=environment, check=False)
    seconds = time.monotonic() - began_at
    passed = finished.returncode == 0
    verdict = (
        phrase("lint: {name} passed in {seconds:.1f} s", name=name, seconds=seconds)
        if passed
        else phrase("lint: {name} FAILED in {seconds:.1f} s", name=name, seconds=seconds)
    )
    sys.stdout.write(f"{verdict}\n")
    return passed
