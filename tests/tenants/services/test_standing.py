"""Switching tenants on and off, and having them deleted in stages."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.common.errors import InvalidInput
from apps.tenants import services
from apps.tenants.errors import SystemTenantStays, WrongStatus
from apps.tenants.models import Tenant
from apps.tenants.services import standing
from tests.locks import locked_by

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def stored(tenant: Tenant) -> tuple[str, datetime | None, datetime | None]:
    """Return what the database has, once it is clear that the caller's copy says the same."""
    row = Tenant.objects.get(pk=tenant.pk)
    assert (row.status, row.version) == (tenant.status, tenant.version)
    return row.status, row.suspended_at, row.deletes_at


def test_a_tenant_can_be_suspended_and_activated_again(tenant: Tenant) -> None:
    services.suspend_tenant(tenant, now=NOW)
    suspended = stored(tenant)

    services.activate_tenant(tenant)

    assert suspended == ("suspended", NOW, None)
    assert stored(tenant) == ("active", None, None)


def test_suspending_again_changes_nothing(tenant: Tenant) -> None:
    services.suspend_tenant(tenant, now=NOW)
    version = tenant.version

    services.suspend_tenant(tenant, now=NOW + timedelta(days=1))

    assert stored(tenant) == ("suspended", NOW, None)
    assert tenant.version == version


def test_a_deletion_waits_for_the_grace_period(tenant: Tenant) -> None:
    services.request_deletion(tenant, now=NOW)

    assert stored(tenant) == ("deleting", None, NOW + timedelta(days=services.GRACE_DAYS))
    assert not tenant.is_active


def test_asked_again_the_grace_period_begins_anew(tenant: Tenant) -> None:
    services.request_deletion(tenant, now=NOW)

    services.request_deletion(tenant, now=NOW + timedelta(days=9), grace_days=1)

    assert tenant.deletes_at == NOW + timedelta(days=10)


@pytest.mark.parametrize("was_suspended", [False, True])
def test_a_deletion_taken_back_leaves_the_tenant_as_it_was(tenant: Tenant, was_suspended: bool) -> None:
    if was_suspended:
        services.suspend_tenant(tenant, now=NOW)
    before = stored(tenant)
    services.request_deletion(tenant, now=NOW)

    services.cancel_deletion(tenant)

    assert stored(tenant) == before


def test_only_a_waiting_deletion_can_be_taken_back(tenant: Tenant) -> None:
    with pytest.raises(WrongStatus, match="active"):
        services.cancel_deletion(tenant)

    Tenant.objects.filter(pk=tenant.pk).update(status="purging", deletes_at=NOW)
    with pytest.raises(WrongStatus):
        services.cancel_deletion(tenant)


def test_a_tenant_that_waits_to_be_deleted_is_neither_suspended_nor_activated(tenant: Tenant) -> None:
    services.request_deletion(tenant, now=NOW)

    for change in (services.suspend_tenant, services.activate_tenant):
        with pytest.raises(WrongStatus):
            change(tenant)

    assert stored(tenant)[0] == "deleting"


@pytest.mark.django_db
def test_the_systems_own_tenant_stays() -> None:
    system = services.ensure_system_tenant()

    for change in (services.suspend_tenant, services.request_deletion):
        with pytest.raises(SystemTenantStays):
            change(system)

    assert stored(system)[0] == "active"


@pytest.mark.parametrize("days", [0, 3_650])
def test_no_grace_at_all_and_the_longest_are_given(tenant: Tenant, days: int) -> None:
    services.request_deletion(tenant, now=NOW, grace_days=days)

    assert stored(tenant)[2] == NOW + timedelta(days=days)


def test_every_node_is_told_once_of_each_change(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(standing, "tell_tenants_changed", lambda: told.append(tenant.status))

    for change in (services.suspend_tenant, services.suspend_tenant, services.activate_tenant):
        change(tenant, now=NOW)

    assert len(told) == 2


def test_the_tenant_is_held_while_its_status_is_looked_at(tenant: Tenant) -> None:
    assert locked_by(lambda: services.suspend_tenant(tenant, now=NOW)) == ["tenants_tenant", "audit_head"]


@pytest.mark.parametrize("days", [-1, 3_651])
def test_an_absurd_grace_period_is_refused(tenant: Tenant, days: int) -> None:
    with pytest.raises(InvalidInput):
        services.request_deletion(tenant, now=NOW, grace_days=days)
