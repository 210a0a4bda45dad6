"""People with powers: a system admin, a tenant admin, and places that are believed to be there."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db.models import QuerySet

from apps.access import places
from apps.access.models import Grant
from apps.access.roles import SYSTEM_ADMIN, TENANT_ADMIN
from apps.access.scopes import SYSTEM, Level, Scope, organisation_scope, tenant_scope
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.audit.models import Entry
from apps.tenants.models import Tenant
from apps.tenants.services import ensure_system_tenant
from tests.conftest import PASSWORD

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORGANISATION_ID = UUID(int=0xA)

Give = Callable[..., Grant]


@pytest.fixture(autouse=True)
def _any_place_below_tenants(monkeypatch: pytest.MonkeyPatch) -> None:
    """Organisations and departments need no rows here: who keeps them is another app."""
    keepers = dict(places._places._keepers)
    keepers[Level.ORGANISATION] = keepers[Level.DEPARTMENT] = lambda scope: None
    monkeypatch.setattr(places._places, "_keepers", keepers)


@pytest.fixture
def give() -> Give:
    """Store a grant as it is, whoever may."""

    def store(user: User, role: str, scope: Scope, *, expires_at: datetime | None = None) -> Grant:
        is_of_system = places.is_system_tenant(user.tenant_id)
        grant = Grant(
            tenant_id=user.tenant_id,
            user_id=user.id,
            role=role,
            scope=scope.path,
            is_of_system=is_of_system,
            expires_at=expires_at,
        )
        grant.save(force_insert=True)
        return grant

    return store


@pytest.fixture
def root(db: None, give: Give) -> User:
    """Runs the installation, by a grant."""
    user = create_user(ensure_system_tenant(), username="root", password=PASSWORD)
    give(user, SYSTEM_ADMIN, SYSTEM)
    return user


@pytest.fixture
def boss(tenant: Tenant, give: Give) -> User:
    """Administers Acme."""
    user = create_user(tenant, username="boss", password=PASSWORD)
    give(user, TENANT_ADMIN, tenant_scope(tenant.id))
    return user


@pytest.fixture
def whole(tenant: Tenant) -> Scope:
    """All of Acme."""
    return tenant_scope(tenant.id)


@pytest.fixture
def org(tenant: Tenant) -> Scope:
    """An organisation of Acme."""
    return organisation_scope(tenant.id, ORGANISATION_ID)


def told(tenant_id: UUID) -> QuerySet[Entry]:
    """What the tenant's audit log has about powers."""
    return Entry.objects.for_tenant(tenant_id).filter(action__startswith="access.")
