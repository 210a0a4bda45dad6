"""Every planted bug is found by its check, each in a process of its own. One that survives fails the suite."""

import subprocess
import sys

import pytest

from imsite.env import ROOT
from tests.cluster.mutations.bugs import BUGS
from tests.cluster.mutations.planting import Bug

TIMEOUT_S = 60
LEAST = 20


def test_there_are_enough_of_them_and_no_two_alike() -> None:
    names = {bug.name for bug in BUGS}
    changes = {(bug.module, bug.old, bug.new) for bug in BUGS}

    assert len(BUGS) == len(names) == len(changes) >= LEAST


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_planted_bug_is_found(bug: Bug) -> None:
    command = [sys.executable, "-m", "tests.cluster.mutations", bug.name]

    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)

    assert finished.returncode == 0, f"{bug.why}\n{finished.stdout}{finished.stderr[-2000:]}"
