"""Requests of people with and without powers, and things of two tenants that an admin page may show."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.test import Client, RequestFactory

from apps.access.roles import TENANT_ADMIN
from apps.access.scopes import Scope
from apps.access.units import Unit
from apps.accounts.models import Terminal, User
from apps.accounts.services import create_user
from apps.accounts.services.sign_in import guard
from apps.tenants.models import Tenant
from tests.admin.conftest import give_role, give_units, make_terminal
from tests.conftest import PASSWORD

Ask = Callable[..., HttpRequest]


@pytest.fixture
def ask(rf: RequestFactory) -> Ask:
    """A request of somebody, which may show messages."""

    def make(user: User, method: str = "get", path: str = "/admin/", **data: str) -> HttpRequest:
        request: HttpRequest = getattr(rf, method)(path, data)
        request.user = user
        request._messages = CookieStorage(request)  # type: ignore[attr-defined]
        return request

    return make


@pytest.fixture
def allow() -> Callable[..., None]:
    """Give somebody these units at a scope."""

    def give(user: User, scope: Scope, *units: Unit) -> None:
        give_units(user, *(unit.code for unit in units), scope=scope)

    return give


@pytest.fixture
def boss(tenant: Tenant) -> User:
    """Administers Acme."""
    user = create_user(tenant, username="boss", password=PASSWORD)
    give_role(user, TENANT_ADMIN)
    return user


@pytest.fixture
def superuser(tenant: Tenant) -> User:
    return create_user(tenant, username="superuser", password=PASSWORD, is_superuser=True)


@pytest.fixture
def own(alice: User) -> Terminal:
    """A terminal of Acme."""
    return make_terminal(alice, "own")


@pytest.fixture
def foreign(eve: User) -> Terminal:
    """A terminal of Rival."""
    return make_terminal(eve, "foreign")


@pytest.fixture
def boss_pages(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


@pytest.fixture(autouse=True)
def _open_doors() -> Iterator[None]:
    guard.clear()
    yield
    guard.clear()
