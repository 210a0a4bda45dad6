"""Plans what a list of departments does to a tree. Pure: the same plan serves the preview, the dry run and applying.

A row means the department with its code, else the one with its name below its parent, else a new one. So a row with a
code may rename and move. Rows are tried in an order in which parents come first, each against the tree as the rows
before have left it; a row that can't be done changes nothing.
"""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from apps.orgs.exchange.findings import WHOLE_ROW, Finding, RowRefused
from apps.orgs.exchange.ordering import in_order
from apps.orgs.exchange.rows import DepartmentRow
from apps.orgs.exchange.steps import ChangeDepartment, CreateDepartment, MoveDepartment, Plan, Step, Target
from apps.orgs.exchange.trees import Node, Tree

MAX_DEPTH: Final = 48
"""Departments below each other, the root not counted, as `access.scopes` bounds them."""

MAX_CHILDREN: Final = 2_000
"""Children of one department; at the bound further rows are refused."""

MayChange = Callable[[UUID], bool]
"""Whether the one who imports may make departments below this one, or change and move it."""


def plan_departments(rows: Sequence[DepartmentRow], tree: Tree, *, may_change: MayChange = lambda _key: True) -> Plan:
    """Return the steps that make the tree say what the rows say. `tree` is used up."""
    unique, findings = _without_repeated_codes(rows)
    ordered, stuck = in_order(unique, tree)
    planner = _Planner(tree, may_change)
    for row in ordered:
        planner.take(row)
    found = sorted([*findings, *stuck, *planner.findings], key=lambda finding: finding.line)
    return Plan(tuple(planner.steps), tuple(found), planner.unchanged)


def _without_repeated_codes(rows: Sequence[DepartmentRow]) -> tuple[list[DepartmentRow], list[Finding]]:
    lines: dict[str, int] = {}
    unique, findings = [], []
    for row in rows:
        if row.code in lines:
            findings.append(Finding(row.line, "code", "code_repeated", {"code": row.code, "first": lines[row.code]}))
            continue
        if row.code:
            lines[row.code] = row.line
        unique.append(row)
    return unique, findings


class _Planner:
    def __init__(self, tree: Tree, may_change: MayChange) -> None:
        self._tree = tree
        self._may_change = may_change
        self._taken: dict[Target, int] = {}
        self.steps: list[Step] = []
        self.findings: list[Finding] = []
        self.unchanged = 0

    def take(self, row: DepartmentRow) -> None:
        try:
            steps = self._steps(row)
        except RowRefused as refused:
            self.findings.append(refused.at(row.line))
            return
        self.steps += steps
        self.unchanged += not steps

    def _steps(self, row: DepartmentRow) -> list[Step]:
        parent = self._tree.find(row.parent)
        if parent is None:
            raise RowRefused("parent", "parent_refused", parent=str(row.parent)[:200])
        target = self._target(row, parent)
        if target is None:
            return [self._create(row, parent)]
        if target in self._taken:
            raise RowRefused(WHOLE_ROW, "row_repeated", first=self._taken[target])
        if target == self._tree.root:
            raise RowRefused("code", "is_root", code=row.code)
        self._check_power(target)
        steps = self._move(row, target, parent) + self._change(row, target)
        self._taken[target] = row.line
        return steps

    def _target(self, row: DepartmentRow, parent: Target) -> Target | None:
        if row.code and (target := self._tree.with_code(row.code)) is not None:
            return target
        target = self._tree[parent].children.get(row.name)
        if target is not None and row.code and self._tree[target].code:
            self._check_power(target)  # before the code of a department outside is told
            raise RowRefused("code", "name_has_other_code", name=row.name, code=self._tree[target].code)
        return target

    def _create(self, row: DepartmentRow, parent: Target) -> Step:
        self._check_power(parent)
        self._check_room(parent, height=0)
        self._tree.add(Node(row.line, parent, row.name, row.code, bool(row.hidden)))
        self._taken[row.line] = row.line
        return CreateDepartment(row.line, parent, row.name, row.code, bool(row.hidden))

    def _move(self, row: DepartmentRow, target: Target, parent: Target) -> list[Step]:
        """Moves to the new place; renames wait until they are there, so both places must have the name free."""
        node = self._tree[target]
        if node.parent == parent:
            return []
        if self._tree.is_within(parent, target):
            raise RowRefused("parent", "cycle", parent=str(row.parent)[:200])
        if {node.name, row.name} & self._tree[parent].children.keys():
            raise RowRefused("name", "name_taken", name=row.name)
        self._check_power(parent)
        self._check_room(parent, height=self._tree.height(target))
        self._tree.move(target, parent, node.name)
        return [MoveDepartment(row.line, _stored(target), parent)]

    def _change(self, row: DepartmentRow, target: Target) -> list[Step]:
        node = self._tree[target]
        name = row.name if row.name != node.name else None
        code = row.code if row.code and row.code != node.code else None
        hidden = row.hidden if row.hidden is not None and row.hidden != node.is_hidden else None
        if name is None and code is None and hidden is None:
            return []
        if name is not None and node.parent is not None:
            if name in self._tree[node.parent].children:
                raise RowRefused("name", "name_taken", name=name)
            self._tree.move(target, node.parent, name)
        if code is not None:
            self._tree.set_code(target, code)
        if hidden is not None:
            node.is_hidden = hidden
        return [ChangeDepartment(row.line, _stored(target), name, code, hidden)]

    def _check_power(self, target: Target) -> None:
        """What a row of the file made is below something that was checked then."""
        if isinstance(target, UUID) and not self._may_change(target):
            raise RowRefused(WHOLE_ROW, "outside_scope")

    def _check_room(self, parent: Target, *, height: int) -> None:
        depth = self._tree.depth(parent) + 1 + height
        if depth > MAX_DEPTH:
            raise RowRefused("parent", "too_deep", limit=MAX_DEPTH, depth=depth)
        if len(self._tree[parent].children) >= MAX_CHILDREN:
            raise RowRefused("parent", "too_many_children", limit=MAX_CHILDREN)


def _stored(target: Target) -> UUID:
    """Return the id of a department that is there; one that this file makes was `taken` before anything changes it."""
    assert isinstance(target, UUID)  # noqa: S101 - an invariant of the planner
    return target
