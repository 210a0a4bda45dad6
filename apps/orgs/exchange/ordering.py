"""Brings department rows into an order in which every parent comes before its children. Pure.

A row waits for the row that makes or moves its parent. What waits for ever names a parent that nobody has, or is part
of a circle, or hangs below one of those.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import replace

from apps.orgs.exchange.findings import Finding
from apps.orgs.exchange.references import Reference
from apps.orgs.exchange.rows import DepartmentRow
from apps.orgs.exchange.trees import Tree


def in_order(rows: Sequence[DepartmentRow], tree: Tree) -> tuple[list[DepartmentRow], list[Finding]]:
    """Return the rows that can be placed, parents first, otherwise as in the file; and why the others can't be.

    No two rows have the same code. Takes time and memory proportional to the rows.
    """
    own_codes = {row.code for row in rows if row.code}
    waiting: defaultdict[Reference, list[DepartmentRow]] = defaultdict(list)
    ready: deque[tuple[DepartmentRow, tuple[Reference, ...]]] = deque()
    for row in rows:
        if row.parent.code in own_codes or (parent := tree.find(row.parent)) is None:
            waiting[row.parent].append(row)
        else:
            ready.append((row, tuple({Reference(names=tree.names(parent)), tree.reference(parent)})))
    placed: list[DepartmentRow] = []
    while ready:
        row, above = ready.popleft()
        placed.append(row)
        paths = tuple(replace(path, names=(*path.names, row.name)) for path in above)
        offers = [*paths, *([Reference(code=row.code)] if row.code else [])]
        ready.extend((child, paths) for offer in offers for child in waiting.pop(offer, ()))
    stuck = [row for group in waiting.values() for row in group]
    return placed, _why_stuck(stuck)


def _why_stuck(stuck: Sequence[DepartmentRow]) -> list[Finding]:
    by_code = {row.code: row for row in stuck if row.code}
    verdicts: dict[int, str] = {}
    for row in stuck:
        trail: list[DepartmentRow] = []
        on_trail: set[int] = set()
        step: DepartmentRow | None = row
        while step is not None and step.line not in verdicts and step.line not in on_trail:
            trail.append(step)
            on_trail.add(step.line)
            step = by_code.get(step.parent.code)
        _judge(trail, step, verdicts)
    return [
        Finding(row.line, "parent", verdicts[row.line], {"parent": str(row.parent)[:200]})
        for row in sorted(stuck, key=lambda row: row.line)
    ]


def _judge(trail: Sequence[DepartmentRow], end: DepartmentRow | None, verdicts: dict[int, str]) -> None:
    """Give the rows of a trail their verdicts. It ended at nothing, at a row judged before, or at one of its own."""
    if not trail:
        return
    if end is None:
        verdicts[trail[-1].line] = "unknown_parent"
    elif end.line not in verdicts:
        circle = trail[trail.index(end) :]
        verdicts.update((row.line, "cycle") for row in circle)
    verdicts.update((row.line, "parent_refused") for row in trail if row.line not in verdicts)
