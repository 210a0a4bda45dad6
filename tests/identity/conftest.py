"""Connections to sign in with, the parties behind them, and people who may have an account there."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.services import entry
from apps.identity.models import Connection, Link
from apps.identity.sealing import sealed_secret
from apps.tenants.models import Tenant
from tests.identity.parties import CLIENT_ID, SECRET, Party, parties

Connect = Callable[..., Connection]


@pytest.fixture
def connect(db: None) -> Connect:
    """Store a connection as it is, whoever may."""

    def store(tenant: Tenant, kind: str = "oidc", *, secret: str = "", **fields: Any) -> Connection:
        connection = Connection(tenant=tenant, kind=kind, **{"name": f"{kind} of {tenant.slug}", **fields})
        connection.secret = sealed_secret(connection.pk, secret)
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


@pytest.fixture(scope="session")
def _party() -> Iterator[Party]:
    with parties() as party:
        yield party


@pytest.fixture
def party(_party: Party) -> Party:
    """The other parties, as if nobody had asked them anything."""
    _party.reset()
    cache.clear()
    return _party


@pytest.fixture
def oidc(connect: Connect, tenant: Tenant, party: Party) -> Connection:
    """The company's OpenID provider, known here."""
    return connect(tenant, secret=SECRET, config={"issuer": party.issuer, "client_id": CLIENT_ID})


@pytest.fixture
def signed_in(client: Client) -> Callable[[User], Client]:
    """Let somebody have signed in just now."""

    def sign_in(user: User, *, is_recent: bool = True) -> Client:
        client.force_login(user, backend=entry.BACKEND)
        session = client.session
        if is_recent:
            session["signed_in_at"] = time.time()
        session.save()
        return client

    return sign_in


def left(client: Client, connection: Connection, **query: str) -> str:
    """Leave for the other party to sign in; return where the browser is sent."""
    response = client.get(reverse("identity-start", args=[connection.pk]), query)
    assert response.status_code == 302, response.content
    return str(response.headers["Location"])


def came_back(client: Client, connection: Connection, **query: str) -> Any:
    """Come back from it."""
    return client.get(reverse("identity-callback", args=[connection.pk]), query)


def signed_in_as(client: Client) -> Any:
    """The id of whom the session is."""
    return client.session.get("_auth_user_id")
