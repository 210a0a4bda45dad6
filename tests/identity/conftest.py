"""A connection to sign in with, and people who may have an account there."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.identity.models import Connection, Link
from apps.tenants.models import Tenant

Connect = Callable[..., Connection]


@pytest.fixture
def connect(db: None) -> Connect:
    """Store a connection as it is, whoever may."""

    def store(tenant: Tenant, kind: str = "oidc", **fields: Any) -> Connection:
        connection = Connection(tenant=tenant, kind=kind, **{"name": f"{kind} of {tenant.slug}", **fields})
        connection.save(force_insert=True)
        return connection

    return store


@pytest.fixture
def link(db: None) -> Callable[..., Link]:
    """Store a link as it is, whoever may."""

    def store(connection: Connection, user: Any, external_id: str, **fields: Any) -> Link:
        made = Link(tenant_id=user.tenant_id, connection=connection, user=user, external_id=external_id, **fields)
        made.save(force_insert=True)
        return made

    return store
