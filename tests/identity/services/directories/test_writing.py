"""What is kept of a run: bounded, in words that people know, and the same plan by the same digest."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from apps.identity.models import DirectoryRun
from apps.identity.services.directories import writing
from apps.identity.services.directories.applying import Outcome
from apps.identity.services.directories.writing import begin_run, digest_of, end_run, write_outcome, write_plan
from apps.identity.syncing.safety import Vanishing
from apps.identity.syncing.steps import CreateDepartment, CreatePerson, Finding, MoveDepartment, PlacePerson, Plan
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect

ROOT = uuid4()
STEPS = (
    CreateDepartment("k1", ROOT, "研发部"),
    CreatePerson("k2", "lina", "李娜", ""),
    PlacePerson("lina", "k1", "", is_primary=True),
    MoveDepartment(uuid4(), "前端组", "k1"),
)
LOST = Vanishing(1, 20, 0, 3)


def test_steps_are_told_with_the_names_of_departments() -> None:
    run = DirectoryRun()

    write_plan(run, Plan(STEPS, (Finding("unusable", "x"),)), LOST, names={ROOT: "蓝海科技"})

    assert run.changes == [
        ["CreateDepartment", "研发部", {"parent": "蓝海科技"}],
        ["CreatePerson", "lina", {"display_name": "李娜"}],
        ["PlacePerson", "lina", {"department": "研发部", "is_primary": True}],
        ["MoveDepartment", "前端组", {"parent": "研发部"}],
    ]
    assert run.findings == [["unusable", "x", ""]]
    assert Vanishing(**run.vanishing) == LOST


def test_the_same_steps_have_the_same_digest_in_any_order_and_others_have_not() -> None:
    same, other = Plan(STEPS[::-1]), Plan((CreatePerson("k2", "lina", "李那", ""), *STEPS[2:]))

    assert digest_of(same) == digest_of(Plan(STEPS))
    assert len({digest_of(plan) for plan in (Plan(STEPS), other, Plan(STEPS[1:]), Plan())}) == 4


def test_what_is_kept_has_bounds_and_counts_have_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_CHANGES", 2)
    monkeypatch.setattr(writing, "MAX_FINDINGS", 2)
    run, found = DirectoryRun(), Finding("unusable", "x")

    write_plan(run, Plan(STEPS, (found,)), LOST, names={})
    write_outcome(run, Outcome(done=3, refused=[Finding("refused", "a"), Finding("refused", "b")]))

    assert (len(run.changes), sum(run.counts.values())) == (2, 4)
    assert [subject for _code, subject, _detail in run.findings] == ["x", "a"]
    assert run.done == 3


def test_the_oldest_runs_go(connect: Connect, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "KEPT_RUNS", 2)
    connection, other = connect(tenant, "ldap"), connect(tenant, "ldap", name="second")
    kept_of_another = begin_run(other, started_by="boss@acme")

    made = [begin_run(connection, started_by="boss@acme") for _each in range(3)]

    left = set(DirectoryRun.objects.for_tenant(tenant.pk).values_list("pk", flat=True))
    assert left == {kept_of_another.pk, made[1].pk, made[2].pk}


def test_an_end_is_stored(connect: Connect, tenant: Tenant) -> None:
    run, now = begin_run(connect(tenant, "ldap"), started_by="boss@acme"), datetime(2026, 11, 23, tzinfo=UTC)

    end_run(run, DirectoryRun.State.FAILED, now=now, trouble="timeout", detail="x" * 400)

    run.refresh_from_db()
    assert (run.state, run.trouble, len(run.detail), run.finished_at) == ("failed", "timeout", 300, now)
