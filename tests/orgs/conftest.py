"""A company with a small tree, and people with powers over parts of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.access import places
from apps.access.models import Grant
from apps.access.roles import TENANT_ADMIN
from apps.access.scopes import Scope, tenant_scope
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.orgs import services
from apps.orgs.models import Department, Organisation
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

Give = Callable[[User, str, Scope], Grant]
Grow = Callable[..., Department]


@pytest.fixture
def give(db: None) -> Give:
    """Store a grant as it is, whoever may."""

    def store(user: User, role: str, scope: Scope) -> Grant:
        grant = Grant(
            tenant_id=user.tenant_id,
            user_id=user.id,
            role=role,
            scope=scope.path,
            is_of_system=places.is_system_tenant(user.tenant_id),
        )
        grant.save(force_insert=True)
        return grant

    return store


@pytest.fixture
def boss(tenant: Tenant, give: Give) -> User:
    """Administers all of Acme."""
    user = create_user(tenant, username="boss", password=PASSWORD, display_name="Boss")
    give(user, TENANT_ADMIN, tenant_scope(tenant.id))
    return user


@pytest.fixture
def company(boss: User) -> Organisation:
    """An organisation of Acme without departments but its root."""
    return services.create_organisation(boss, name="蓝海科技", code="BH", now=NOW)


@pytest.fixture
def root(company: Organisation) -> Department:
    """The company's root department."""
    return root_of(company)


@pytest.fixture
def grow(boss: User) -> Grow:
    """Make a department below another one."""

    def make(parent: Department, name: str, **fields: Any) -> Department:
        return services.create_department(boss, parent_id=parent.pk, name=name, now=NOW, **fields)

    return make


def root_of(organisation: Organisation) -> Department:
    """The root department of an organisation."""
    return Department.objects.for_tenant(organisation.tenant_id).get(organisation=organisation, parent=None)


def fresh(department: Department) -> Department:
    """The department as it is stored now."""
    return Department.objects.for_tenant(department.tenant_id).get(pk=department.pk)


def drawn(organisation: Organisation) -> list[str]:
    """The tree as people see it: one line per department, a dash per level."""
    rows = Department.objects.for_tenant(organisation.tenant_id).filter(organisation=organisation)
    return ["-" * row.level + row.name for row in rows.order_by("lft")]
