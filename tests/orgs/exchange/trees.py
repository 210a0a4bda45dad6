"""Trees and rows in a few words, for the tests of planning."""

from collections.abc import Sequence
from uuid import UUID

from apps.orgs.exchange.references import ROOT, parse_reference
from apps.orgs.exchange.rows import DepartmentRow
from apps.orgs.exchange.trees import Node, Tree

ROOT_ID = UUID(int=1)


def uid(number: int) -> UUID:
    return UUID(int=number)


def tree(*nodes: tuple[int, int, str] | tuple[int, int, str, str], unseen: Sequence[int] = ()) -> Tree:
    """A tree below the root 1, of (number, number of the parent, name, code)."""
    below = [Node(uid(n[0]), uid(n[1]), n[2], n[3] if len(n) > 3 else "") for n in nodes]
    return Tree([Node(ROOT_ID, None, "Acme"), *below], unseen={uid(number) for number in unseen})


def row(line: int, name: str, parent: str = "", code: str = "", hidden: bool | None = None) -> DepartmentRow:
    return DepartmentRow(line, name, code, parse_reference(parent) or ROOT, hidden)
