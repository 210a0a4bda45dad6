"""Making tenants and switching them on and off."""

import pytest

from apps.common.errors import InvalidInput
from apps.tenants import services
from apps.tenants.errors import SlugTaken
from apps.tenants.models import Tenant

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("slug", "stored"), [("acme", "acme"), (" ACME.com ", "acme.com"), ("4-u_x", "4-u_x")])
def test_a_tenant_is_made_with_one_spelling_of_its_short_name(slug: str, stored: str) -> None:
    tenant = services.create_tenant(slug=slug, name=" Acme 公司 ")

    tenant.refresh_from_db()
    assert (tenant.slug, tenant.name, tenant.is_active) == (stored, "Acme 公司", True)


@pytest.mark.parametrize("slug", ["", "-acme", "ac me", "a@b", "公司", "x" * 64, "a\nb", "acme\0"])
def test_a_bad_short_name_is_refused(slug: str) -> None:
    with pytest.raises(InvalidInput):
        services.create_tenant(slug=slug, name="Acme")

    assert not Tenant.objects.exists()


def test_a_nameless_tenant_is_refused() -> None:
    with pytest.raises(InvalidInput):
        services.create_tenant(slug="acme", name=" ")


def test_a_short_name_belongs_to_one_tenant_whatever_its_case() -> None:
    services.create_tenant(slug="acme", name="First")

    with pytest.raises(SlugTaken, match="acme"):
        services.create_tenant(slug="ACME", name="Second")

    assert Tenant.objects.get().name == "First"


def test_the_tenant_of_system_administrators_is_made_once() -> None:
    assert services.ensure_system_tenant() == services.ensure_system_tenant()
    assert Tenant.objects.get().slug == services.SYSTEM_SLUG


def test_a_tenant_can_be_suspended_and_activated_again(tenant: Tenant) -> None:
    services.suspend_tenant(tenant)
    tenant.refresh_from_db()
    assert not tenant.is_active

    services.activate_tenant(tenant)
    tenant.refresh_from_db()
    assert tenant.is_active
