"""A superuser at the admin, a helper with few permissions, and rows enough to notice a query per row."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model, get_refresh_token_model

from apps.access.models import Grant, Role
from apps.access.scopes import Scope, tenant_scope
from apps.access.units import find_unit
from apps.accounts.models import ServiceAccount, Terminal, User
from apps.accounts.services import create_user, ensure_applications
from apps.accounts.services.sign_in import guard
from apps.common.clock import now_ms
from apps.identity.models import Connection, DirectoryRun, Link, ScimToken
from apps.messaging.services.conversations import start_direct, start_group
from apps.orgs.models import Agreement, Department, Placement
from apps.orgs.services import create_department, create_organisation
from apps.tenants.models import Tenant
from apps.tenants.services import SYSTEM_SLUG, create_tenant, ensure_system_tenant
from tests.accounts.browsers import browser_of
from tests.accounts.programs import make_service_account
from tests.conftest import PASSWORD


@pytest.fixture
def root(db: None) -> User:
    """The system's administrator."""
    return create_user(
        ensure_system_tenant(), username="root", password=PASSWORD, is_staff=True, is_superuser=True, display_name="根"
    )


@pytest.fixture
def helper(tenant: Tenant) -> User:
    """Somebody of Acme who has no power yet."""
    return create_user(tenant, username="helper", password=PASSWORD)


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
    """Give somebody units, at a scope or in her whole tenant."""
    return give_units


def give_units(user: User, *codes: str, scope: Scope | None = None) -> None:
    """By a role of her tenant that has just these."""
    assert all(find_unit(code) for code in codes)
    role = Role(tenant_id=user.tenant_id, key=f"r{uuid4().hex}", name="Some units", units=list(codes))
    role.save(force_insert=True)
    give_role(user, role.id.hex, scope=scope, custom=role)


def give_role(user: User, role: str, *, scope: Scope | None = None, custom: Role | None = None) -> Grant:
    """Store a grant as it is, whoever may."""
    grant = Grant(
        tenant_id=user.tenant_id,
        user_id=user.id,
        role=role,
        custom=custom,
        scope=(tenant_scope(user.tenant_id) if scope is None else scope).path,
        is_of_system=user.tenant.slug == SYSTEM_SLUG,
    )
    grant.save(force_insert=True)
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
    """`count` of everything: tenants with their directories, users, terminals, tokens, conversations, connections."""
    ensure_applications()
    for n in range(count):
        tenant = create_tenant(slug=f"{prefix}{n}", name=f"Company {prefix}{n}")
        ann, ben = (create_user(tenant, username=name, password=PASSWORD) for name in ("ann", "ben"))
        make_terminal(ann, name=f"Desk {n}")
        browser_of(ann)
        make_tokens(ann, secret=f"{prefix}-{n}")
        start_direct(ann, other_id=ben.id, now_ms=now_ms())
        start_group(ann, title=f"Group {n}", member_ids=[ben.id], now_ms=now_ms())
        ServiceAccount.unscoped.create(
            user=make_service_account(tenant), tenant=tenant, secret_changed_at=timezone.now()
        )
        provider = Connection.unscoped.create(tenant=tenant, kind="oidc", name=f"Provider {n}")
        Link.unscoped.create(tenant=tenant, connection=provider, user=ann, external_id=f"sub-{n}")
        directory = Connection.unscoped.create(tenant=tenant, kind="ldap", name=f"Directory {n}")
        DirectoryRun.unscoped.create(tenant=tenant, connection=directory, started_by="boss")
        program = Connection.unscoped.create(tenant=tenant, kind="scim", name=f"Program {n}")
        ScimToken.unscoped.create(tenant=tenant, connection=program, digest=uuid4().hex, hint=f"imscim_{n}")
        populate_directory(tenant, ann)


def populate_directory(tenant: Tenant, person: User) -> None:
    """Two organisations with an agreement, a department in which somebody is, and her powers there."""
    owner = create_user(tenant, username="owner", password=PASSWORD, is_superuser=True)
    now = timezone.now()
    first, second = (create_organisation(owner, name=name, now=now) for name in ("First", "Second"))
    root = Department.unscoped.get(organisation=first, parent=None)
    department = create_department(owner, parent_id=root.pk, name="Sales", now=now)
    Placement.unscoped.create(tenant=tenant, department=department, user=person)
    Agreement.unscoped.create(tenant=tenant, from_organisation=first, to_organisation=second)
    give_units(person, "orgs.people.view", scope=department.scope)
