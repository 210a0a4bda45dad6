"""Parents before children, and why some rows have no place."""

import random

from apps.orgs.exchange.ordering import in_order
from apps.orgs.exchange.rows import DepartmentRow
from tests.orgs.exchange.trees import row, tree


def lines(rows: list[DepartmentRow]) -> list[int]:
    return [each.line for each in rows]


def test_rows_in_any_order_come_out_parents_first() -> None:
    rows = [row(2, "C", "b", "c"), row(3, "B", "a", "b"), row(4, "A", "", "a")]

    ordered, findings = in_order(rows, tree())

    assert lines(ordered) == [4, 3, 2]
    assert findings == []


def test_paths_through_rows_with_and_without_codes_are_found() -> None:
    rows = [row(2, "C", "/A/B"), row(3, "B", "a"), row(4, "A", "", "a"), row(5, "D", "/Old")]

    ordered, findings = in_order(rows, tree((2, 1, "Old")))

    assert lines(ordered) == [4, 5, 3, 2]
    assert findings == []


def test_each_way_to_be_stuck_has_its_word() -> None:
    rows = [
        row(2, "A", "b", "a"),
        row(3, "B", "a", "b"),
        row(4, "C", "b", "c"),
        row(5, "D", "nobody", "d"),
        row(6, "E", "d"),
        row(7, "F", "/No/Where"),
        row(8, "G", "g", "g"),
        row(9, "H", "c"),
    ]

    ordered, findings = in_order(rows, tree())

    assert ordered == []
    assert {finding.line: finding.code for finding in findings} == {
        2: "cycle",
        3: "cycle",
        4: "parent_refused",
        5: "unknown_parent",
        6: "parent_refused",
        7: "unknown_parent",
        8: "cycle",
        9: "parent_refused",
    }


def test_a_chain_of_twenty_thousand_backwards_and_a_circle_as_long_take_no_recursion() -> None:
    size = 20_000
    chain = [row(line, f"n{line}", f"c{line + 1}" if line < size else "", f"c{line}") for line in range(1, size + 1)]
    circle = [row(line, f"n{line}", f"c{line % size + 1}", f"c{line}") for line in range(1, size + 1)]
    random.Random(1).shuffle(chain)

    ordered, findings = in_order(chain, tree())
    none, circular = in_order(circle, tree())

    assert lines(ordered) == list(range(size, 0, -1))
    assert findings == []
    assert none == []
    assert {finding.code for finding in circular} == {"cycle"}
