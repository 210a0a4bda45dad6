"""Trees and rows in a few words, for the tests of planning."""

from uuid import UUID

from apps.orgs.exchange.references import ROOT, parse_reference
from apps.orgs.exchange.rows import DepartmentRow
from apps.orgs.exchange.trees import Node, Tree

ROOT_ID = UUID(int=1)


def uid(number: int) -> UUID:
    return UUID(int=number)


def tree(*nodes: tuple[int, int, str] | tuple[int, int, str, str]) -> Tree:
    """A tree below the root 1, of (number, number of the parent, name, code)."""
    return Tree(
        [Node(ROOT_ID, None, "Acme"), *(Node(uid(n[0]), uid(n[1]), n[2], n[3] if len(n) > 3 else "") for n in nodes)]
    )


def row(line: int, name: str, parent: str = "", code: str = "", hidden: bool | None = None) -> DepartmentRow:
    return DepartmentRow(line, name, code, parse_reference(parent) or ROOT, hidden)
