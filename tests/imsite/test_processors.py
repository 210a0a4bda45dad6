"""A node has a process for each processor, and in a container does not take the machine's for its own."""

import os
from pathlib import Path

import pytest

from imsite import processors
from imsite.processors import processes_here


@pytest.fixture
def granted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file in which the system says what a container may use, on a machine of six processors."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    monkeypatch.setattr(processors, "GRANTED", tmp_path / "cpu.max")
    return tmp_path / "cpu.max"


def test_outside_of_a_container_there_is_one_for_each_processor(granted: Path) -> None:
    assert processes_here() == 6


@pytest.mark.parametrize(("of_machine", "number"), [(1, 2), (2, 2), (3, 3), (8, 8), (128, 8)])
def test_there_are_two_at_least_and_not_more_than_the_database_can_take(
    granted: Path, monkeypatch: pytest.MonkeyPatch, of_machine: int, number: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(of_machine)), raising=False)

    assert processes_here() == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("300000 100000", 3),
        ("250000 100000", 3),
        ("10000 100000", 2),
        ("max 100000", 6),
        ("9900000 100000", 6),
        ("", 6),
    ],
)
def test_a_container_has_one_for_each_that_it_is_granted(granted: Path, text: str, number: int) -> None:
    granted.write_text(text, encoding="ascii")

    assert processes_here() == number


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_there_is_one_where_processes_are_not_forked(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr("sys.platform", platform)

    assert processes_here() == 1
