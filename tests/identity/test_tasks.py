"""What is due about directories."""

from datetime import UTC, datetime, timedelta

from apps.identity.models import DirectoryRun
from apps.identity.tasks import RUNS_KEPT_FOR, forget_runs
from apps.jobs.turns import Turn
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_old_runs_go_but_for_the_last_of_each_directory(connect: Connect, tenant: Tenant, other_tenant: Tenant) -> None:
    ages = {tenant: (RUNS_KEPT_FOR * 3, RUNS_KEPT_FOR * 2, timedelta(days=1)), other_tenant: (RUNS_KEPT_FOR * 2,)}
    for owner, past in ages.items():
        connection = connect(owner, "ldap")
        for age in past:
            run = DirectoryRun.unscoped.create(tenant=owner, connection=connection)
            DirectoryRun.unscoped.filter(pk=run.pk).update(created_at=NOW - age)
    turn = Turn(NOW)

    forget_runs(turn)

    left = {(run.tenant, NOW - run.created_at) for run in DirectoryRun.unscoped.select_related("tenant")}
    assert left == {(tenant, timedelta(days=1)), (other_tenant, RUNS_KEPT_FOR * 2)}
    assert turn.done == 2
