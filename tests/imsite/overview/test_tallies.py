"""Many numbers come by one query, each within the asker's scopes, none without its unit."""

import pytest
from django.db.models import Sum
from pytest_django import DjangoAssertNumQueries

from apps.access.admin import powers_at
from apps.orgs.models import Department, Organisation, Placement
from apps.orgs.units import DEPARTMENT_VIEW, ORGANISATION_VIEW, PEOPLE_VIEW
from apps.tenants.models import Tenant
from apps.tenants.units import TENANT_MANAGE
from imsite.overview.cards import Notice, Question
from imsite.overview.tallies import answer
from tests.imsite.overview.conftest import Reader


def asked() -> list[list[Question]]:
    return [
        [
            Question(TENANT_MANAGE, Tenant.objects.all(), lambda count: Notice(f"tenants {count}", "")),
            Question(DEPARTMENT_VIEW, Department.unscoped.all(), lambda count: Notice(f"departments {count}", "")),
        ],
        [],
        [
            Question(PEOPLE_VIEW, Placement.unscoped.filter(title="x"), lambda count: Notice(f"none {count}", "")),
            Question(PEOPLE_VIEW, Placement.unscoped.none(), lambda count: Notice(f"never {count}", "")),
            Question(PEOPLE_VIEW, Placement.unscoped.all(), lambda count: None),
            Question(
                DEPARTMENT_VIEW,
                Department.unscoped.filter(parent=None),
                lambda count: Notice(f"levels {count}", ""),
                total=Sum("level"),
            ),
            Question(
                ORGANISATION_VIEW,
                Organisation.unscoped.filter(name="Abroad"),
                lambda count: Notice(f"bound already {count}", ""),
                is_within=True,
            ),
        ],
    ]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("system", [["tenants 3", "departments 8"], [], ["none 0", "never 0", "levels 0", "bound already 1"]]),
        ("tenant", [["departments 6"], [], ["none 0", "never 0", "levels 0", "bound already 1"]]),
        ("department", [["departments 2"], [], ["none 0", "never 0", "levels 0"]]),
    ],
)
def test_one_query_answers_everything(
    reader: Reader, django_assert_num_queries: DjangoAssertNumQueries, level: str, expected: list[list[str]]
) -> None:
    request = reader.request(level)
    powers_at(request)

    with django_assert_num_queries(1):
        told = answer(request, asked())

    assert [[card.text for card in section if isinstance(card, Notice)] for section in told] == expected


def test_who_may_nothing_asks_nothing(reader: Reader, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    request = reader.request("nobody")
    powers_at(request)

    with django_assert_num_queries(0):
        told = answer(request, asked())

    assert told == [[], [], []]
