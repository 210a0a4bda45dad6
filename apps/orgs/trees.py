"""What is wrong with the columns of a department tree, and what they ought to be. Pure: rows in, rows out.

The parents are what counts: people chose them. Numbers, levels, paths and organisations follow from them and can be
worked out again. What can't is a circle of parents, or one in another tenant: that is told, and mended by hand.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple
from uuid import UUID

from apps.access.scopes import MAX_DEPTH, organisation_scope

FIELDS: Final = ("organisation_id", "path", "tree_id", "lft", "rght", "level")
"""The columns that follow from the parents."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A department's columns that make the tree."""

    id: UUID
    tenant_id: UUID
    organisation_id: UUID
    parent_id: UUID | None
    path: str
    tree_id: int
    lft: int
    rght: int
    level: int


class Finding(NamedTuple):
    """One column that is not what it ought to be, or (with no `field`) a department that no root leads to."""

    department_id: UUID
    field: str
    stored: str
    expected: str


def mended(rows: Iterable[Branch]) -> dict[UUID, Branch]:
    """Return the rows that a root leads to, as they ought to be. Children keep the order of their numbers."""
    by_parent: dict[UUID | None, list[Branch]] = {}
    for row in sorted(rows, key=lambda row: (row.tree_id, row.lft, row.id)):
        by_parent.setdefault(row.parent_id, []).append(row)
    found: dict[UUID, Branch] = {}
    for root in by_parent.get(None, ()):
        path = organisation_scope(root.tenant_id, root.organisation_id).path
        _walk(replace(root, path=path, level=0), by_parent, found)
    return found


def findings(rows: Mapping[UUID, Branch]) -> Iterator[Finding]:
    """Tell what is wrong, department by department."""
    expected = mended(rows.values())
    for key, row in rows.items():
        right = expected.get(key)
        if right is None:
            yield Finding(key, "", "", "")
            continue
        for field in FIELDS:
            stored, wanted = getattr(row, field), getattr(right, field)
            if stored != wanted:
                yield Finding(key, field, str(stored), str(wanted))
        if right.level > MAX_DEPTH:
            yield Finding(key, "level", str(right.level), f"<= {MAX_DEPTH}")


def _walk(root: Branch, by_parent: Mapping[UUID | None, list[Branch]], found: dict[UUID, Branch]) -> None:
    """Number one tree as django-mptt does, and let everything that follows from the root and the parents follow."""
    count = 1
    way = [(root, 1, iter(by_parent.get(root.id, ())))]
    while way:
        branch, lft, children = way[-1]
        child = next(children, None)
        count += 1
        if child is None:
            found[branch.id] = replace(branch, lft=lft, rght=count)
            way.pop()
        elif child.tenant_id == root.tenant_id:
            inner = replace(
                child,
                organisation_id=root.organisation_id,
                path=f"{branch.path}/d:{child.id.hex}",
                tree_id=root.tree_id,
                level=branch.level + 1,
            )
            way.append((inner, count, iter(by_parent.get(child.id, ()))))
        else:
            count -= 1
