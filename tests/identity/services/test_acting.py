"""Who acts for a connection: with every power in its tenant, with none elsewhere."""

from django.utils import timezone

from apps.access.scopes import SYSTEM, tenant_scope
from apps.access.selectors import powers_of
from apps.identity.services.acting import program_of
from apps.orgs.units import PEOPLE_CHANGE, PEOPLE_DEACTIVATE
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect


def test_a_connection_may_do_all_in_its_tenant_and_nothing_beside(
    tenant: Tenant, other_tenant: Tenant, connect: Connect
) -> None:
    program = program_of(connect(tenant, "ldap", name="HQ"))

    powers = powers_of(program, now=timezone.now())

    assert program.login == "ldap:HQ"
    assert powers.may(PEOPLE_DEACTIVATE, tenant_scope(tenant.id))
    assert not powers.may(PEOPLE_CHANGE, tenant_scope(other_tenant.id))
    assert not powers.may(PEOPLE_CHANGE, SYSTEM)
