"""What roles amount to: built-in ones by rule, those of tenants by their units."""

import pytest

from apps.access.errors import RoleMisplaced
from apps.access.models import Grant, Role
from apps.access.roles import (
    AUDITOR,
    BUILTIN_ROLES,
    DEPARTMENT_ADMIN,
    ORGANISATION_ADMIN,
    SYSTEM_ADMIN,
    TENANT_ADMIN,
    effect,
    held_by,
    name_of_grant,
    units_of_custom,
    units_of_grant,
)
from apps.access.scopes import SYSTEM, Level, Scope, organisation_scope, tenant_scope
from apps.access.units import GRANTS_VIEW, ROLES_VIEW, all_units
from tests.access.conftest import NOW, ORGANISATION_ID

TENANT = tenant_scope(ORGANISATION_ID)
ORGANISATION = organisation_scope(ORGANISATION_ID, ORGANISATION_ID)
DEPARTMENT = ORGANISATION.department(ORGANISATION_ID)
PLACES = [SYSTEM, TENANT, ORGANISATION, DEPARTMENT]


def custom(*codes: str) -> Role:
    return Role(key="helpdesk", name="服务台", units=list(codes))


class TestBuiltinRoles:
    def test_have_keys_that_grants_rely_on(self) -> None:
        assert list(BUILTIN_ROLES) == [
            "system_admin",
            "tenant_admin",
            "organisation_admin",
            "department_admin",
            "auditor",
        ]

    @pytest.mark.parametrize(
        ("key", "place"),
        [
            (SYSTEM_ADMIN, SYSTEM),
            (TENANT_ADMIN, TENANT),
            (ORGANISATION_ADMIN, ORGANISATION),
            (DEPARTMENT_ADMIN, DEPARTMENT),
        ],
    )
    def test_of_admins_have_every_unit_that_means_something_there(self, key: str, place: Scope) -> None:
        expected = {unit for unit in all_units() if unit.lowest >= place.level}

        assert effect(BUILTIN_ROLES[key], place).units == expected

    def test_of_auditors_only_look(self) -> None:
        for place in PLACES:
            units = effect(BUILTIN_ROLES[AUDITOR], place).units
            assert {unit.verb for unit in units} == {"view"}

    def test_are_granted_at_their_own_level_or_above(self) -> None:
        for role in BUILTIN_ROLES.values():
            for place in PLACES:
                if place.level <= role.level:
                    assert effect(role, place).units
                else:
                    with pytest.raises(RoleMisplaced):
                        effect(role, place)

    def test_have_names(self) -> None:
        assert all(str(role.name) for role in BUILTIN_ROLES.values())


class TestCustomRoles:
    def test_forget_units_that_no_app_has_any_more(self) -> None:
        assert units_of_custom(custom(GRANTS_VIEW.code, "gone.with.wind")) == (GRANTS_VIEW,)

    def test_are_granted_where_at_least_one_unit_means_something(self) -> None:
        role = custom(ROLES_VIEW.code)

        assert effect(role, TENANT).units == {ROLES_VIEW}
        assert ROLES_VIEW.lowest is Level.TENANT
        with pytest.raises(RoleMisplaced):
            effect(role, ORGANISATION)


class TestGrants:
    def test_amount_to_units_at_a_place_for_a_time(self) -> None:
        grant = Grant(role=AUDITOR, scope=DEPARTMENT.path, expires_at=NOW)

        amount = held_by(grant)

        assert (amount.scope, amount.expires_at) == (DEPARTMENT, NOW)
        assert GRANTS_VIEW in amount.units
        assert ROLES_VIEW not in amount.units
        assert name_of_grant(grant) == str(BUILTIN_ROLES[AUDITOR].name)

    def test_of_a_tenants_role_are_its_units(self) -> None:
        grant = Grant(role="0" * 32, custom=custom(GRANTS_VIEW.code), scope=TENANT.path)

        assert units_of_grant(grant) == (GRANTS_VIEW,)
        assert name_of_grant(grant) == "服务台"

    def test_of_a_built_in_role_that_is_no_more_are_nothing(self) -> None:
        grant = Grant(role="emperor", scope=TENANT.path)

        assert units_of_grant(grant) == ()
        assert not held_by(grant).units
        assert name_of_grant(grant) == "emperor"
