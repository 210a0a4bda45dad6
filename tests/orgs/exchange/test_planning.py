"""One way to plan, for whole files and for parts."""

from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.access.selectors import powers_of
from apps.accounts.models import User
from apps.orgs.exchange.planning import applicable, plan_rows
from apps.orgs.exchange.rows import PersonRow, Row
from apps.orgs.models import Organisation
from tests.orgs.exchange.trees import row


def test_planning_people_takes_a_fixed_number_of_queries(
    boss: User, organisation: Organisation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    powers = powers_of(boss, now=timezone.now())
    rows = [PersonRow(line, f"p{line}") for line in range(2, 52)]

    with django_assert_num_queries(3):
        plan, _snapshot = plan_rows("people", rows, organisation, powers)

    assert plan.counts()["CreatePerson"] == 50
    assert applicable("people", rows, plan, organisation, powers) == rows


def test_departments_that_can_be_applied_come_parents_first(boss: User, organisation: Organisation) -> None:
    powers = powers_of(boss, now=timezone.now())
    rows: list[Row] = [row(2, "C", "b"), row(3, "X", "nowhere"), row(4, "B", "", "b")]

    plan, _snapshot = plan_rows("departments", rows, organisation, powers)

    assert [each.line for each in applicable("departments", rows, plan, organisation, powers)] == [4, 2]
