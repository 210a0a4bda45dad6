"""Departments by code or by path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.orgs.exchange.references import ROOT, Reference, parse_reference, write_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ROOT),
        ("/", ROOT),
        ("RD-1", Reference(code="RD-1")),
        ("/研发/平台", Reference(names=("研发", "平台"))),
        (r"/A\/B/C\\D", Reference(names=("A/B", "C\\D"))),
        ("/ A / B ", Reference(names=("A", "B"))),
        ("~/A/B", Reference(names=("A", "B"), is_from_top=True)),
        ("~A", Reference(code="~A")),
    ],
)
def test_a_reference_is_a_code_or_a_path(text: str, expected: Reference) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize("text", ["//", "/A//B", "/A/", "/ /B", "/A\\", "~/", "~/A//B"])
def test_a_path_with_a_gap_is_none(text: str) -> None:
    assert parse_reference(text) is None


@given(st.lists(st.text(min_size=1).map(str.strip).filter(bool), min_size=1, max_size=5))
def test_any_names_survive_being_written(names: list[str]) -> None:
    reference = Reference(names=tuple(names))

    assert parse_reference(write_path(reference.names)) == reference
    assert str(reference) == write_path(reference.names)


def test_a_code_stands_for_itself() -> None:
    assert str(Reference(code="RD")) == "RD"
    assert not Reference(code="RD").is_root
    assert ROOT.is_root


def test_a_path_from_a_top_is_written_as_it_is_read() -> None:
    reference = Reference(names=("A", "B/C"), is_from_top=True)

    assert parse_reference(str(reference)) == reference
