"""Chains of tenants without any entries: the log knows no more of a tenant than the id, so none needs a row."""

import pytest

from apps.tenants.models import Tenant


@pytest.fixture
def tenant(db: None) -> Tenant:
    """Not stored."""
    return Tenant(slug="acme", name="Acme")


@pytest.fixture
def other_tenant(db: None) -> Tenant:
    """Not stored either."""
    return Tenant(slug="rival", name="Rival")
