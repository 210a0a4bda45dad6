"""Every row of the directory is found within the scopes it lies in, and in no other."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import Model

from apps.access.locators import locator_of
from apps.access.scopes import SYSTEM, Scope, tenant_scope
from apps.accounts.models import Terminal, User
from apps.orgs import services
from apps.orgs.models import Agreement, Department, Organisation, PersonSettings, Placement
from tests.orgs.conftest import NOW, Grow, root_of


def found(model: type[Model], *scopes: Scope) -> set[Any]:
    return set(model._default_manager.filter(locator_of(model).within(scopes)))


@pytest.fixture
def other(boss: User) -> Organisation:
    return services.create_organisation(boss, name="第二家", now=NOW)


def test_organisations_and_agreements(company: Organisation, other: Organisation, root: Department, grow: Grow) -> None:
    agreement = Agreement.objects.for_tenant(company.tenant_id).create(
        tenant_id=company.tenant_id, from_organisation=company, to_organisation=other
    )
    child = grow(root, "A")

    assert found(Organisation, SYSTEM) == {company, other}
    assert found(Organisation, tenant_scope(company.tenant_id)) == {company, other}
    assert found(Organisation, root.scope) == {company}
    assert found(Organisation, child.scope) == found(Organisation) == set()
    assert found(Organisation, tenant_scope(uuid4())) == set()
    assert found(Agreement, root.scope) == {agreement}
    assert found(Agreement, root_of(other).scope) == set()
    assert locator_of(Organisation).scopes_of(company) == locator_of(Agreement).scopes_of(agreement) == (root.scope,)


def test_departments_and_places(boss: User, alice: User, root: Department, other: Organisation, grow: Grow) -> None:
    first, second = grow(root, "A"), grow(root, "B")
    inner = grow(first, "A1")
    placement = services.place_person(boss, user_id=alice.id, department_id=inner.pk, now=NOW)

    assert found(Department, root.scope) == {root, first, second, inner}
    assert found(Department, first.scope, second.scope) == {first, second, inner}
    assert found(Placement, first.scope) == found(Placement, SYSTEM) == {placement}
    assert found(Placement, second.scope) == found(Placement, root_of(other).scope) == set()
    assert locator_of(Placement).scopes_of(placement) == (inner.scope,)
    assert locator_of(Department).scopes_of(first) == (first.scope,)


def test_people_and_what_is_theirs(boss: User, alice: User, bob: User, eve: User, root: Department, grow: Grow) -> None:
    first, second = grow(root, "A"), grow(root, "B")
    for department in (first, second):
        services.place_person(boss, user_id=alice.id, department_id=department.pk, now=NOW)
    terminal = Terminal.objects.for_tenant(alice.tenant_id).create(
        id=uuid4(), tenant_id=alice.tenant_id, user=alice, last_seen_at=datetime.now(UTC)
    )
    settings = PersonSettings.objects.for_tenant(alice.tenant_id).create(tenant_id=alice.tenant_id, user=alice)

    assert found(User, SYSTEM) == {boss, alice, bob, eve}
    assert found(User, tenant_scope(alice.tenant_id)) == {boss, alice, bob}
    assert found(User, root.scope) == found(User, first.scope, second.scope) == {alice}
    assert found(User, tenant_scope(eve.tenant_id), first.scope) == {alice, eve}
    assert found(User) == set()
    assert found(Terminal, first.scope) == {terminal}
    assert found(PersonSettings, second.scope) == {settings}
    assert set(locator_of(User).scopes_of(alice)) == {first.scope, second.scope}
    assert locator_of(Terminal).scopes_of(terminal) == locator_of(User).scopes_of(alice)
    assert locator_of(User).scopes_of(bob) == (tenant_scope(bob.tenant_id),)
