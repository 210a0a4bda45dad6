"""Plans as data."""

from apps.orgs.exchange.findings import Finding
from apps.orgs.exchange.steps import MoveDepartment, Plan
from tests.orgs.exchange.trees import uid


def test_a_plan_counts_rows_by_what_happens_to_them() -> None:
    plan = Plan(
        steps=(MoveDepartment(2, uid(1), uid(2)), MoveDepartment(3, uid(3), uid(2))),
        findings=(Finding(4, "name", "empty"), Finding(4, "code", "too_long"), Finding(5, "", "cycle")),
        unchanged=7,
    )

    assert plan.counts() == {"MoveDepartment": 2, "refused": 2, "unchanged": 7}
