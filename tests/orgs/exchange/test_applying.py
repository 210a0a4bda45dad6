"""Plans become rows of the database, each by itself."""

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.access.selectors import powers_of
from apps.accounts.models import User
from apps.orgs.exchange import applying
from apps.orgs.exchange.applying import apply_rows
from apps.orgs.exchange.planning import plan_rows
from apps.orgs.exchange.references import Reference
from apps.orgs.exchange.rows import PersonRow
from apps.orgs.models import Department, Organisation, Placement
from apps.orgs.services import change_department
from tests.orgs.exchange.conftest import Make, place
from tests.orgs.exchange.trees import row


def test_a_lost_race_in_the_middle_of_a_row_is_run_again(
    transactional_db: None, boss: User, organisation: Organisation, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("A", "a")
    b = make("B", "b")
    plan, snapshot = plan_rows(
        "departments", [row(2, "Renamed", "b", "a")], organisation, powers_of(boss, now=timezone.now())
    )
    real, tries = change_department, []

    def lose_once(*args: object, **kwargs: object) -> Department:
        tries.append(kwargs["version"])
        if len(tries) == 1:
            lost = OperationalError("deadlock detected")
            lost.sqlstate = "40P01"  # type: ignore[attr-defined]
            raise lost
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(applying, "change_department", lose_once)
    outcome = apply_rows(boss, plan, snapshot, tenant_id=boss.tenant_id, now=timezone.now())

    moved = Department.objects.for_tenant(boss.tenant_id).get(code="a")
    assert outcome.findings == []
    assert (moved.name, moved.parent_id, tries[0]) == ("Renamed", b.id, tries[1])


def test_a_row_is_done_as_a_whole_or_not_at_all(
    boss: User, organisation: Organisation, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = make("A", "a")
    make("B", "b")
    plan, snapshot = plan_rows(
        "departments",
        [row(2, "Taken", "b", "a"), row(3, "Other")],
        organisation,
        powers_of(boss, now=timezone.now()),
    )
    b = Department.objects.for_tenant(boss.tenant_id).get(code="b")
    make("Taken", "t", b)

    outcome = apply_rows(boss, plan, snapshot, tenant_id=boss.tenant_id, now=timezone.now())

    assert [(each.line, each.fields["why"]) for each in outcome.findings] == [(2, "name_taken")]
    assert outcome.counts == {"CreateDepartment": 1, "unchanged": 0, "refused": 1}
    assert Department.objects.for_tenant(boss.tenant_id).get(pk=a.pk).parent_id == a.parent_id


def test_the_primary_place_changes_hands_within_one_list(
    boss: User, organisation: Organisation, alice: User, rd: Department, sales: Department
) -> None:
    place(boss, alice, rd)
    place(boss, alice, sales)
    rows = [
        PersonRow(2, "alice", department=Reference(code="sales"), primary=True),
        PersonRow(3, "alice", department=Reference(code="rd"), title="Guest", primary=False),
    ]

    plan, snapshot = plan_rows("people", rows, organisation, powers_of(boss, now=timezone.now()))
    outcome = apply_rows(boss, plan, snapshot, tenant_id=boss.tenant_id, now=timezone.now())

    places = Placement.objects.for_tenant(boss.tenant_id).filter(user=alice)
    assert outcome.findings == []
    assert {(p.department_id, p.is_primary, p.title) for p in places} == {(sales.id, True, ""), (rd.id, False, "Guest")}
