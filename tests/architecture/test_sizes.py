"""Functions and files keep to a size that can be read at one go."""

import statistics
from pathlib import Path

import pytest

from imsite.env import ROOT
from tests.architecture.tree import functions, source_files

MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 350
MEDIAN_FUNCTION_LINES = 15


@pytest.mark.parametrize("path", source_files(), ids=str)
def test_the_file_and_its_functions_are_short(path: Path) -> None:
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    long = {f.name: f.end_lineno - f.lineno + 1 for f in functions(path) if f.end_lineno is not None}

    assert lines <= MAX_FILE_LINES
    assert {name: size for name, size in long.items() if size > MAX_FUNCTION_LINES} == {}


def test_the_usual_function_is_short() -> None:
    sizes = [(f.end_lineno or f.lineno) - f.lineno + 1 for path in source_files() for f in functions(path)]

    assert statistics.median(sizes) <= MEDIAN_FUNCTION_LINES
