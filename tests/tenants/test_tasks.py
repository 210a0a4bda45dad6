"""What is due about tenants."""

from datetime import UTC, datetime, timedelta

from apps.accounts.models import User
from apps.jobs.turns import Turn
from apps.tenants import services
from apps.tenants.models import Tenant
from apps.tenants.tasks import erase_tenants

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_tenants_whose_time_is_over_are_erased_and_counted(alice: User, eve: User) -> None:
    services.request_deletion(alice.tenant, now=NOW - timedelta(days=31))
    services.request_deletion(eve.tenant, now=NOW)
    turn = Turn(NOW)

    erase_tenants(turn)

    assert turn.done == 1
    assert [tenant.slug for tenant in Tenant.objects.exclude(pk=services.ensure_system_tenant().pk)] == ["rival"]
