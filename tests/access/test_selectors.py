"""Reading powers: in one query, now, and only what one may see."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from pytest_django import DjangoAssertNumQueries

from apps.access.errors import GrantNotFound, RoleNotFound
from apps.access.models import Grant, Role
from apps.access.policies import ALL, NONE, Powers, held
from apps.access.roles import AUDITOR, BUILTIN_ROLES, DEPARTMENT_ADMIN, ORGANISATION_ADMIN, TENANT_ADMIN
from apps.access.scopes import Scope
from apps.access.selectors import (
    Program,
    current_grants,
    entries_within,
    find_role,
    get_grant,
    grants_within,
    limit_powers,
    powers_of,
    roles_of,
)
from apps.access.services import grant_role
from apps.access.units import GRANTS_CHANGE, GRANTS_VIEW
from apps.accounts.models import User
from apps.tenants.models import Tenant
from tests.access.conftest import NOW, Give


class TestPowersOf:
    def test_sums_grants_in_one_query(
        self,
        alice: User,
        org: Scope,
        whole: Scope,
        tenant: Tenant,
        give: Give,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        role = Role(tenant_id=tenant.id, key="helpdesk", name="Help desk", units=[GRANTS_VIEW.code])
        role.save(force_insert=True)
        Grant(tenant_id=tenant.id, user_id=alice.id, role=role.id.hex, custom=role, scope=whole.path).save()
        give(alice, ORGANISATION_ADMIN, org)

        with django_assert_num_queries(1):
            powers = powers_of(alice, now=NOW)

        assert powers.scopes(GRANTS_VIEW) == (whole,)
        assert powers.scopes(GRANTS_CHANGE) == (org,)

    def test_a_grant_ends_at_its_moment(self, alice: User, org: Scope, give: Give) -> None:
        give(alice, AUDITOR, org, expires_at=NOW)

        assert powers_of(alice, now=NOW - timedelta(microseconds=1)).may(GRANTS_VIEW, org)
        assert not powers_of(alice, now=NOW).has_any

    def test_a_program_has_what_it_brings_along(
        self, tenant: Tenant, org: Scope, whole: Scope, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        program = Program(tenant.id, tenant.id, "ldap:HQ", Powers((held([GRANTS_VIEW], org),)))

        with django_assert_num_queries(0):
            powers = powers_of(program, now=NOW)

        assert powers.may(GRANTS_VIEW, org)
        assert not powers.may(GRANTS_VIEW, whole)

    def test_superusers_have_all_and_inactive_people_none_without_a_query(
        self, boss: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            boss.is_active = False
            assert powers_of(boss, now=NOW) is NONE
            boss.is_superuser = True
            assert powers_of(boss, now=NOW) is NONE
            boss.is_active = True
            assert powers_of(boss, now=NOW) is ALL

    def test_a_program_has_of_them_what_its_scopes_name_for_that_object_alone(
        self, alice: User, org: Scope, give: Give
    ) -> None:
        give(alice, ORGANISATION_ADMIN, org)
        same = get_user_model()._base_manager.get(pk=alice.pk)

        limit_powers(alice, ["im", "no.such.unit", GRANTS_VIEW.code])

        assert powers_of(alice, now=NOW).scopes(GRANTS_VIEW) == (org,)
        assert not powers_of(alice, now=NOW).may(GRANTS_CHANGE, org)
        assert powers_of(same, now=NOW).may(GRANTS_CHANGE, org)

    def test_a_program_of_a_superuser_has_its_units_everywhere_and_nothing_else(self, boss: User, org: Scope) -> None:
        boss.is_superuser = True

        limit_powers(boss, [GRANTS_VIEW.code])

        powers = powers_of(boss, now=NOW)
        assert (powers.may(GRANTS_VIEW, org), powers.may(GRANTS_CHANGE, org), powers.is_all) == (True, False, False)

    def test_grants_of_others_are_not_hers(self, alice: User, bob: User, eve: User, org: Scope, give: Give) -> None:
        give(alice, AUDITOR, org)

        assert not powers_of(bob, now=NOW).has_any
        assert not powers_of(eve, now=NOW).has_any


class TestGrants:
    def test_are_listed_by_place(self, alice: User, org: Scope, whole: Scope, give: Give) -> None:
        inner, outer, ended = (
            give(alice, DEPARTMENT_ADMIN, org),
            give(alice, AUDITOR, whole),
            give(alice, TENANT_ADMIN, whole, expires_at=NOW),
        )

        assert list(current_grants(alice, now=NOW)) == [outer, inner]
        assert ended not in current_grants(alice, now=NOW)

    def test_are_seen_where_one_may_see_them(
        self, alice: User, bob: User, boss: User, root: User, org: Scope, whole: Scope, give: Give
    ) -> None:
        hers = give(alice, AUDITOR, org)
        above = give(bob, AUDITOR, whole)
        powers = powers_of(alice, now=NOW)

        assert list(grants_within(powers)) == [hers]
        assert get_grant(powers, hers.id) == hers
        for grant_id in (above.id, uuid4()):
            with pytest.raises(GrantNotFound):
                get_grant(powers, grant_id)
        assert grants_within(powers_of(root, now=NOW)).count() == 4
        assert grants_within(NONE).count() == 0


def test_entries_of_the_audit_log_are_read_at_and_below_ones_scope(
    alice: User, bob: User, boss: User, org: Scope, whole: Scope, give: Give
) -> None:
    give(alice, AUDITOR, org)
    for scope in (org, whole):
        grant_role(boss, user=bob, role=AUDITOR, scope=scope, now=NOW)

    assert [entry.scope for entry in entries_within(powers_of(alice, now=NOW))] == [org.path]
    assert entries_within(powers_of(boss, now=NOW)).filter(kind="grant").count() == 2
    assert entries_within(NONE).count() == 0


class TestFindRole:
    def test_looks_at_built_in_roles_then_at_tenants_in_order(self, tenant: Tenant, other_tenant: Tenant) -> None:
        roles = [Role(tenant_id=each.id, key="helpdesk", name=each.slug) for each in (tenant, other_tenant)]
        for role in roles:
            role.save(force_insert=True)

        assert find_role(AUDITOR, tenant_ids=()) is BUILTIN_ROLES[AUDITOR]
        assert find_role("helpdesk", tenant_ids=(other_tenant.id, tenant.id)) == roles[1]
        assert find_role(roles[0].id.hex, tenant_ids=(other_tenant.id, tenant.id)) == roles[0]
        assert list(roles_of(tenant.id)) == [roles[0]]
        for key in ("helpdesk", roles[1].id.hex):
            with pytest.raises(RoleNotFound):
                find_role(key, tenant_ids=())
        with pytest.raises(RoleNotFound):
            find_role(roles[1].id.hex, tenant_ids=(tenant.id,))


def test_users_are_what_an_actor_needs_to_be() -> None:
    names = {"id", "tenant_id", "login", "is_active", "is_superuser"}

    assert names <= {field.attname for field in get_user_model()._meta.concrete_fields}
