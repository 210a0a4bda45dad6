"""The lock of a tenant's row."""

import pytest
from django.db import transaction

from apps.common.ids import new_id
from apps.tenants.errors import TenantNotFound
from apps.tenants.models import Tenant
from apps.tenants.services.locking import locked


def test_the_row_is_read_anew_under_its_lock(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(name="Renamed")

    with transaction.atomic():
        assert locked(tenant.pk).name == "Renamed"


@pytest.mark.django_db
def test_a_tenant_that_is_not_there_is_not_found() -> None:
    with transaction.atomic(), pytest.raises(TenantNotFound):
        locked(new_id())
