"""A program in a container does not take the machine's processors for its own."""

import os
from pathlib import Path

import pytest

from imsite import processors
from imsite.processors import processors_here


@pytest.fixture
def granted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file in which the system says what a container may use, on a machine of eight processors."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(processors, "GRANTED", tmp_path / "cpu.max")
    return tmp_path / "cpu.max"


def test_outside_of_a_container_there_are_those_it_is_bound_to(granted: Path) -> None:
    assert processors_here() == 8


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("200000 100000", 2),
        ("150000 100000", 2),
        ("10000 100000", 1),
        ("max 100000", 8),
        ("9900000 100000", 8),
        ("", 8),
    ],
)
def test_a_container_has_what_it_is_granted(granted: Path, text: str, number: int) -> None:
    granted.write_text(text, encoding="ascii")

    assert processors_here() == number


def test_other_systems_say_how_many_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(os, "cpu_count", lambda: None)

    assert processors_here() == 1
