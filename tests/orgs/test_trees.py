"""Trees are worked out from their parents, whatever else was stored."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from apps.access.scopes import MAX_DEPTH, organisation_scope
from apps.orgs.trees import Branch, Finding, findings, mended

TENANT, ORGANISATION, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


def branch(number: int, parent: int | None, **fields: object) -> Branch:
    values = {"organisation_id": ORGANISATION, "path": "", "tree_id": 7, "lft": number, "rght": 0, "level": 0}
    parent_id = None if parent is None else UUID(int=100 + parent)
    return Branch(id=UUID(int=100 + number), tenant_id=TENANT, parent_id=parent_id, **(values | fields))  # type: ignore[arg-type]


def by_id(*branches: Branch) -> dict[UUID, Branch]:
    return {each.id: each for each in branches}


def numbered(rows: dict[UUID, Branch]) -> list[tuple[int, int, int, int]]:
    return [(row.id.int - 100, row.lft, row.rght, row.level) for row in sorted(rows.values(), key=lambda row: row.lft)]


def test_a_tree_is_numbered_on_the_way_in_and_out() -> None:
    rows = by_id(branch(1, None), branch(2, 1), branch(3, 2), branch(4, 1))

    right = mended(rows.values())

    assert numbered(right) == [(1, 1, 8, 0), (2, 2, 5, 1), (3, 3, 4, 2), (4, 6, 7, 1)]
    root = organisation_scope(TENANT, ORGANISATION).path
    assert right[UUID(int=103)].path == f"{root}/d:{UUID(int=102).hex}/d:{UUID(int=103).hex}"


def test_children_keep_their_order() -> None:
    right = mended([branch(1, None), branch(2, 1, lft=9), branch(3, 1, lft=4)])

    assert [number for number, *_ in numbered(right)] == [1, 3, 2]


def test_everything_follows_from_the_parents() -> None:
    rows = by_id(branch(1, None), branch(2, 1, organisation_id=OTHER, tree_id=9, level=5))

    right = mended(rows.values())[UUID(int=102)]

    assert (right.organisation_id, right.tree_id, right.level) == (ORGANISATION, 7, 1)


def test_what_is_in_order_is_not_found() -> None:
    rows = mended([branch(1, None), branch(2, 1), branch(3, 1)])

    assert list(findings(rows)) == []


def test_every_wrong_column_is_told() -> None:
    rows = mended([branch(1, None), branch(2, 1)])
    broken = rows[UUID(int=102)]
    rows[broken.id] = replace(broken, rght=9, level=3)

    assert set(findings(rows)) == {Finding(broken.id, "rght", "9", "3"), Finding(broken.id, "level", "3", "1")}


def test_what_no_root_leads_to_is_told_and_left_alone() -> None:
    circle = [branch(2, 3), branch(3, 2)]
    foreign = replace(branch(4, 1), tenant_id=OTHER)
    rows = mended([branch(1, None)]) | by_id(*circle, foreign)

    lost = {found.department_id for found in findings(rows)}

    assert lost == {each.id for each in (*circle, foreign)}
    assert set(mended(rows.values())) == {UUID(int=101)}


def test_a_tree_that_is_too_deep_is_told() -> None:
    rows = mended([branch(0, None), *(branch(number, number - 1) for number in range(1, MAX_DEPTH + 2))])

    assert [(found.stored, found.expected) for found in findings(rows)] == [(f"{MAX_DEPTH + 1}", f"<= {MAX_DEPTH}")]


def test_a_thousand_levels_are_looked_at_all_the_same() -> None:
    rows = mended([branch(0, None), *(branch(number, number - 1) for number in range(1, 1000))])

    assert max(row.level for row in rows.values()) == 999


@given(st.lists(st.integers(min_value=0, max_value=30), min_size=1, max_size=30))
def test_any_tree_is_mended_once_and_for_all(parents: list[int]) -> None:
    rows = [branch(0, None)]
    rows += [branch(number, parent % number) for number, parent in enumerate(parents, start=1)]

    once = mended(rows)

    assert mended(once.values()) == once
    numbers = sorted([row.lft for row in once.values()] + [row.rght for row in once.values()])
    assert numbers == list(range(1, 2 * len(rows) + 1))
    for row in once.values():
        if row.parent_id is not None:
            parent = once[row.parent_id]
            assert parent.lft < row.lft < row.rght < parent.rght
            assert row.path == f"{parent.path}/d:{row.id.hex}"
