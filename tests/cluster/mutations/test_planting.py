"""Planting fails aloud when the code has moved on, and changes nothing but the one module in the one process."""

import importlib
import subprocess
import sys

import pytest

from imsite.env import ROOT
from tests.cluster.mutations.planting import Bug, Uprooted, plant, planted

MODULE = "apps.cluster.core.ids"
BUG = Bug("odd", MODULE, 'return f"{node:016x}"', 'return f"{node:x}"', "test none", "")


def test_the_text_is_changed_where_it_stands_once() -> None:
    assert planted(BUG, f"def f(node):\n    {BUG.old}\n") == f"def f(node):\n    {BUG.new}\n"


@pytest.mark.parametrize("source", ["", f"{BUG.old}; {BUG.old}"])
def test_text_that_is_not_there_exactly_once_is_an_error(source: str) -> None:
    with pytest.raises(Uprooted, match="not once"):
        planted(BUG, source)


def test_a_module_that_is_already_imported_cannot_be_changed_any_more() -> None:
    importlib.import_module(MODULE)

    with pytest.raises(Uprooted, match="imported before"):
        plant(BUG)


def test_the_changed_module_is_what_everybody_imports() -> None:
    script = (
        "from tests.cluster.mutations.planting import *\n"
        f"plant(Bug('odd', {MODULE!r}, {BUG.old!r}, {BUG.new!r}, '', ''))\n"
        f"from {MODULE} import node_name\nprint(node_name(5))"
    )

    printed = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert printed == "5\n"


def check(check: str, raises: str = "") -> str:
    """Run a check in a process of its own, as the gate does."""
    script = f"from tests.cluster.mutations.checks import finds\nprint('found:', finds({check!r}, {raises!r}))"
    finished = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    return finished.stdout.rpartition("found:")[2].strip() if not finished.returncode else finished.stderr


def test_a_check_that_passes_finds_nothing() -> None:
    assert check("tests core/test_ids.py::test_a_node_is_read_as_it_was_written") == ""
    assert check("raft figure_8") == check("gossip crash") == ""


def test_a_check_that_breaks_is_not_taken_for_one_that_finds() -> None:
    assert "did not run" in check("tests core/test_ids.py::test_nothing")
    assert "FileNotFoundError" in check("raft no_such_scenario")
    assert "ValueError" in check("seeds x")


def test_an_error_of_the_programs_own_counts_only_where_it_is_expected() -> None:
    assert check("seeds x", "ValueError").startswith("invalid literal")
