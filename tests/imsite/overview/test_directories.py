"""Only the latest run of a directory counts."""

from datetime import timedelta

from django.utils import timezone

from apps.identity.models import Connection, DirectoryRun
from apps.tenants.models import Tenant
from imsite.overview.directories import latest_runs

State = DirectoryRun.State


def test_a_run_is_history_once_there_is_a_later_one(tenant: Tenant) -> None:
    runs = {}
    for name, states in {"mended": (State.FAILED, State.APPLIED), "fallen": (State.APPLIED, State.FAILED)}.items():
        source = Connection.unscoped.create(tenant=tenant, kind="ldap", name=name)
        for age, state in enumerate(reversed(states)):
            run = DirectoryRun.unscoped.create(tenant=tenant, connection=source, state=state, started_by="it")
            DirectoryRun.unscoped.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(hours=age))
            runs[name, state] = run

    assert list(latest_runs(State.FAILED, State.STOPPED)) == [runs["fallen", State.FAILED]]
    assert list(latest_runs(State.APPLIED)) == [runs["mended", State.APPLIED]]
    assert list(latest_runs(State.STOPPED)) == []
