"""Finding tenants."""

import pytest

from apps.tenants.errors import TenantNotFound
from apps.tenants.models import Tenant
from apps.tenants.selectors import get_tenant_by_slug


@pytest.mark.parametrize("slug", ["acme", " ACME "])
def test_a_tenant_is_found_by_its_short_name(tenant: Tenant, slug: str) -> None:
    assert get_tenant_by_slug(slug) == tenant


@pytest.mark.parametrize("slug", ["nobody", "", "acm", "acme\0"])
@pytest.mark.django_db
def test_an_unknown_short_name_is_refused(tenant: Tenant, slug: str) -> None:
    with pytest.raises(TenantNotFound):
        get_tenant_by_slug(slug)
