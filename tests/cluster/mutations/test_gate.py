"""Every planted bug is found by its check, each in a process of its own. One that survives fails the suite."""

import subprocess
import sys

import pytest

from imsite.env import ROOT
from tests.cluster.mutations.bugs import BUGS
from tests.cluster.mutations.planting import Bug

TIMEOUT_S = 120
LEAST = 20
SEEDS = "seeds 0-99"
SIMULATED = (
    "lease-from-the-newest-answer",
    "lease-bound-from-the-grant-forgotten",
    "request-applied-twice",
    "lease-given-twice",
    "token-does-not-grow",
    "assigned-before-released",
    "release-seen-before-it-is-in-force",
    "data-plane-not-waited-for",
    "young-owner-trusts-its-list",
)
"""Bugs that the simulation has to find as well, without being told where to look."""


def test_there_are_enough_of_them_and_no_two_alike() -> None:
    names = {bug.name for bug in BUGS}
    changes = {(bug.module, bug.old, bug.new) for bug in BUGS}

    assert len(BUGS) == len(names) == len(changes) >= LEAST


def survives(name: str, *check: str) -> str:
    """Why a planted bug was not found, or an empty string."""
    command = [sys.executable, "-m", "tests.cluster.mutations", name, *check]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    return finished.stdout + finished.stderr[-2000:] if finished.returncode else ""


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_planted_bug_is_found(bug: Bug) -> None:
    assert survives(bug.name) == "", bug.why


@pytest.mark.parametrize("name", SIMULATED)
def test_the_simulation_finds_it_too(name: str) -> None:
    assert survives(name, SEEDS) == ""
