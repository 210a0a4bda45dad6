"""A superuser at the admin, a helper with few permissions, and rows enough to notice a query per row."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model, get_refresh_token_model

from apps.accounts.models import Terminal, User
from apps.accounts.services import create_user, ensure_applications
from apps.accounts.services.sign_in import guard
from apps.common.clock import now_ms
from apps.messaging.services.conversations import start_direct, start_group
from apps.tenants.models import Tenant
from apps.tenants.services import create_tenant, ensure_system_tenant
from tests.conftest import PASSWORD


@pytest.fixture
def root(db: None) -> User:
    """The system's administrator."""
    return create_user(
        ensure_system_tenant(), username="root", password=PASSWORD, is_staff=True, is_superuser=True, display_name="根"
    )


@pytest.fixture
def helper(tenant: Tenant) -> User:
    """Staff with no permission yet."""
    return create_user(tenant, username="helper", password=PASSWORD, is_staff=True)


@pytest.fixture
def admin_pages(root: User) -> Client:
    """The superuser's browser."""
    client = Client()
    client.force_login(root)
    return client


@pytest.fixture
def helper_pages(helper: User) -> Client:
    """The helper's browser."""
    client = Client()
    client.force_login(helper)
    return client


@pytest.fixture(autouse=True)
def open_doors() -> Iterator[None]:
    guard.clear()
    yield
    guard.clear()


@pytest.fixture
def grant() -> Callable[..., None]:
    def grant(user: User, *codenames: str) -> None:
        permissions = list(Permission.objects.filter(codename__in=codenames))
        assert len(permissions) == len(codenames)
        user.user_permissions.add(*permissions)

    return grant


def make_terminal(user: User, name: str = "Desk") -> Terminal:
    return Terminal.unscoped.create(
        id=uuid4(), tenant=user.tenant, user=user, platform="linux", name=name, last_seen_at=timezone.now()
    )


def make_tokens(user: User, secret: str) -> None:
    """An access token and its refresh token, made of `secret`."""
    application = get_application_model().objects.get(client_id="imsite-cli")
    access = get_access_token_model().objects.create(
        user=user,
        application=application,
        token=f"access-{secret}",
        scope="im",
        expires=timezone.now() + timedelta(hours=1),
    )
    get_refresh_token_model().objects.create(
        user=user, application=application, token=f"refresh-{secret}", access_token=access
    )


def populate(count: int, *, prefix: str) -> None:
    """`count` of everything: tenants, users, terminals, tokens, direct conversations and groups."""
    ensure_applications()
    for n in range(count):
        tenant = create_tenant(slug=f"{prefix}{n}", name=f"Company {prefix}{n}")
        ann, ben = (create_user(tenant, username=name, password=PASSWORD) for name in ("ann", "ben"))
        make_terminal(ann, name=f"Desk {n}")
        make_tokens(ann, secret=f"{prefix}-{n}")
        start_direct(ann, other_id=ben.id, now_ms=now_ms())
        start_group(ann, title=f"Group {n}", member_ids=[ben.id], now_ms=now_ms())
