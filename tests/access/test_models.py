"""Roles and grants as rows, and what the database itself refuses."""

import pytest
from django.db import IntegrityError, transaction

from apps.access.models import Grant, Role
from apps.access.scopes import MAX_PATH_CHARS, SYSTEM, Scope, organisation_scope
from apps.accounts.models import User
from apps.tenants.models import Tenant
from tests.access.conftest import ORGANISATION_ID, Give


def test_rows_are_known_by_what_they_are() -> None:
    assert str(Role(key="helpdesk", name="Help desk")) == "Help desk"
    assert str(Grant(user_id=ORGANISATION_ID, role="auditor", scope="")) == f"{ORGANISATION_ID} auditor /"


def test_a_tenants_short_names_of_roles_are_unique(tenant: Tenant, other_tenant: Tenant) -> None:
    for each in (tenant, other_tenant):
        Role(tenant_id=each.id, key="helpdesk", name="Help desk").save(force_insert=True)

    with pytest.raises(IntegrityError), transaction.atomic():
        Role(tenant_id=tenant.id, key="helpdesk", name="Other").save(force_insert=True)


def test_a_grant_is_given_once(alice: User, whole: Scope, give: Give) -> None:
    give(alice, "auditor", whole)

    with pytest.raises(IntegrityError), transaction.atomic():
        give(alice, "auditor", whole)


def test_the_deepest_scope_fits_every_index(alice: User, give: Give) -> None:
    scope = organisation_scope(alice.tenant_id, ORGANISATION_ID)
    while len(scope.path) < MAX_PATH_CHARS:
        scope = scope.department(ORGANISATION_ID)

    grant = give(alice, "auditor", scope)

    assert grant.place == scope
    with pytest.raises(IntegrityError), transaction.atomic():
        give(alice, "auditor", SYSTEM)
