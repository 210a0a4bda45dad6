"""What the table of connections refuses by itself."""

import pytest
from django.db import IntegrityError

from apps.tenants.models import Tenant
from tests.identity.conftest import Connect


def test_two_connections_of_a_tenant_do_not_share_a_name_but_tenants_do(
    connect: Connect, tenant: Tenant, other_tenant: Tenant
) -> None:
    connect(tenant, name="Company")
    connect(other_tenant, name="Company")

    with pytest.raises(IntegrityError, match="identity_connection_name_once"):
        connect(tenant, name="Company")


def test_addresses_are_matched_only_within_named_domains(connect: Connect, tenant: Tenant) -> None:
    assert connect(tenant, name="named", matching="email", email_domains=["acme.test"]).pk

    with pytest.raises(IntegrityError, match="identity_connection_matches_own_domains"):
        connect(tenant, name="nameless", matching="email")


def test_a_connection_is_called_by_its_name(connect: Connect, tenant: Tenant) -> None:
    assert str(connect(tenant, name="Company")) == "Company"
