"""An organisation with a few departments, and administrators of all of it and of one department."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from apps.access.models import Grant
from apps.access.roles import DEPARTMENT_ADMIN, TENANT_ADMIN
from apps.access.scopes import Scope, tenant_scope
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.orgs.models import Department, Organisation, Placement
from apps.orgs.services import create_department, create_organisation
from apps.orgs.services.placements import place_person
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD

Make = Callable[..., Department]


def give(user: User, role: str, scope: Scope) -> None:
    Grant(tenant_id=user.tenant_id, user_id=user.id, role=role, scope=scope.path).save(force_insert=True)


@pytest.fixture
def boss(tenant: Tenant) -> User:
    user = create_user(tenant, username="boss", password=PASSWORD)
    give(user, TENANT_ADMIN, tenant_scope(tenant.id))
    return user


@pytest.fixture
def organisation(boss: User) -> Organisation:
    return create_organisation(boss, name="Acme", now=timezone.now())


@pytest.fixture
def root(organisation: Organisation) -> Department:
    return Department.objects.for_tenant(organisation.tenant_id).get(organisation=organisation, parent__isnull=True)


@pytest.fixture
def make(boss: User, root: Department) -> Make:
    def department(
        name: str, code: str = "", parent: Department | None = None, *, is_hidden: bool = False
    ) -> Department:
        return create_department(
            boss, parent_id=(parent or root).id, name=name, code=code, is_hidden=is_hidden, now=timezone.now()
        )

    return department


@pytest.fixture
def rd(make: Make) -> Department:
    return make("R&D", "rd")


@pytest.fixture
def sales(make: Make) -> Department:
    return make("Sales", "sales")


@pytest.fixture
def head(tenant: Tenant, rd: Department) -> User:
    """Administers R&D alone."""
    user = create_user(tenant, username="head", password=PASSWORD)
    give(user, DEPARTMENT_ADMIN, rd.scope)
    return user


def place(actor: User, user: User, department: Department, **values: object) -> Placement:
    return place_person(actor, user_id=user.id, department_id=department.id, now=timezone.now(), **values)  # type: ignore[arg-type]
