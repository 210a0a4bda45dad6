"""Somebody who administers the company, signed in to the admin."""

import pytest
from django.test import Client

from apps.access.roles import TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.accounts.models import User
from tests.identity.services.test_arriving import empower


@pytest.fixture
def as_admin(client: Client, alice: User) -> Client:
    empower(alice, TENANT_ADMIN, tenant_scope(alice.tenant_id))
    client.force_login(alice)
    return client
