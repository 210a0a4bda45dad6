"""Somebody who administers the company, and somebody who may only look, signed in to the admin."""

import pytest
from django.test import Client

from apps.access.roles import AUDITOR, TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.accounts.models import User
from apps.identity.services.directories import ordering
from tests.identity.services.directories.test_ordering import AtOnce
from tests.identity.services.test_arriving import empower


@pytest.fixture
def as_admin(client: Client, alice: User) -> Client:
    empower(alice, TENANT_ADMIN, tenant_scope(alice.tenant_id))
    client.force_login(alice)
    return client


@pytest.fixture
def as_reader(alice: User) -> Client:
    """Somebody of the company who may look at connections, and change nothing."""
    empower(alice, AUDITOR, tenant_scope(alice.tenant_id))
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what is begun before it is answered: a test's transaction is seen by its own connection only."""
    monkeypatch.setattr(ordering, "background", AtOnce())
