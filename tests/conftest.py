"""Fixtures every area uses: two tenants, and a few people made by the real services."""

import os
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from django.conf import settings as site
from django.core.management import call_command
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.accounts.services.afterwards import Afterwards
from apps.accounts.services.applications import ensure_applications
from apps.accounts.services.keys import keys
from apps.tenants.models import Tenant
from apps.tenants.resolution import forget_names
from tests.clock import Clock
from tests.databases import drop_original, empty_tables

# Playwright's sync API and async fixtures keep an event loop in the test's thread; Django must not mistake that for
# an async view.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# A node that a test starts is one process, whose death and figures are the node's; tests of several say so.
os.environ.setdefault("IM_NODE_PROCESSES", "1")

# Nodes of tests do nothing by themselves to a database that other tests look at; tests of jobs say so.
os.environ.setdefault("IM_JOBS", "off")

# A green suite stays green: properties try the same examples every time. `--hypothesis-profile=explore` tries others.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that drive browsers or start servers: they wait most, so they are not left for the end."""
    slow = ("browser", "processes")
    waiting = {item.path for item in items if any(item.get_closest_marker(name) for name in slow)}
    items.sort(key=lambda item: item.path not in waiting)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave nothing behind on a server that others use; where there was none, there is nothing."""
    if not hasattr(session.config, "workerinput") and site.configured:
        with suppress(psycopg.OperationalError):
            drop_original()


def _fixture_teardown(_case: TransactionTestCase) -> None:
    if not empty_tables():
        call_command("flush", verbosity=0, interactive=False)
    ensure_applications()


TransactionTestCase._fixture_teardown = _fixture_teardown  # type: ignore[attr-defined]


PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def speak_english() -> Iterator[None]:
    """A request that was answered in somebody's language leaves it to the thread; the next test begins without one."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _forget_signing_keys() -> Iterator[None]:
    """Signing keys that a process knows are those of its database, and every test has one of its own."""
    yield
    keys.forget()


@pytest.fixture(autouse=True)
def _forget_tenants_names() -> Iterator[None]:
    """A process knows for a while which tenant a name stands for; another test's tenant may have the same name."""
    yield
    forget_names()


@pytest.fixture(autouse=True)
def nothing_is_left_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done after an answer is done at once: a thread would not see what a test's transaction holds."""
    monkeypatch.setattr(Afterwards, "post", lambda self, job: job() is None)


@pytest.fixture
def tenant(db: None) -> Tenant:
    """The company most tests play in. Its audit log is empty."""
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def other_tenant(db: None) -> Tenant:
    """Another company, whose data must stay out of reach."""
    return Tenant.objects.create(slug="rival", name="Rival")


@pytest.fixture
def alice(tenant: Tenant) -> User:
    return accounts.create_user(tenant, username="alice", password=PASSWORD, display_name="Alice")


@pytest.fixture
def bob(tenant: Tenant) -> User:
    return accounts.create_user(tenant, username="bob", password=PASSWORD, display_name="Bob")


@pytest.fixture
def carol(tenant: Tenant) -> User:
    return accounts.create_user(tenant, username="carol", password=PASSWORD, display_name="张卡罗")


@pytest.fixture
def eve(other_tenant: Tenant) -> User:
    """A user of the other company."""
    return accounts.create_user(other_tenant, username="eve", password=PASSWORD, display_name="Eve")


@pytest.fixture
def clock() -> Clock:
    return Clock()
