"""A program of Acme's, and Alice using it."""

import pytest

from apps.accounts.models import User
from apps.tenants.models import Tenant
from tests.accounts.programs import Flow, Program, flow_of, make_program


@pytest.fixture
def site(tenant: Tenant) -> Program:
    """A website that may ask for what it likes."""
    return make_program(tenant)


@pytest.fixture
def flow(alice: User, site: Program) -> Flow:
    """Alice, signed in, and the website."""
    return flow_of(alice, site)
