"""Planting fails aloud when the code has moved on, and changes nothing but the one module in the one process."""

import importlib
import subprocess
import sys

import pytest

from imsite.env import ROOT
from tests.cluster.mutations.checks import finds
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


def test_a_check_that_passes_finds_nothing_and_one_that_fails_says_what() -> None:
    good = finds("test tests.cluster.core.test_ids:test_a_node_is_read_as_it_was_written")
    bad = finds("test tests.cluster.core.test_ids:test_what_is_no_id_is_refused['0123456789abcdef']")

    assert good == ""
    assert "DID NOT RAISE" in bad


def test_a_check_that_breaks_is_not_taken_for_one_that_finds() -> None:
    with pytest.raises(AttributeError):
        finds("test tests.cluster.core.test_ids:test_nothing")
