"""Figures beside rows come with the rows."""

from typing import Any

from apps.orgs.admin.counting import counted
from apps.orgs.models import Department, Placement
from tests.admin.world import World


def test_each_row_has_its_own_figure_in_one_query(world: World, django_assert_num_queries: Any) -> None:
    rows = Department.unscoped.annotate(
        people=counted(Placement.unscoped.all(), "department"), below=counted(Department.unscoped.all(), "parent")
    )

    with django_assert_num_queries(1):
        found = {row.name: (row.people, row.below) for row in rows}

    assert found["Sales"] == (1, 1)
    assert found["North"] == (0, 2)
    assert found["East"] == (0, 0)
