"""Roles of a tenant's own: made and changed by whoever has all of it herself."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.access.errors import (
    EndsTooLate,
    NotPermitted,
    RoleInUse,
    RoleKeyTaken,
    RoleNotFound,
    RolesFull,
    ScopeNotFound,
)
from apps.access.models import Grant, Role
from apps.access.roles import AUDITOR, TENANT_ADMIN
from apps.access.scopes import SYSTEM, Scope, tenant_scope
from apps.access.selectors import powers_of
from apps.access.services import change_role, create_role, delete_role, grant_role, roles
from apps.access.units import GRANTS_CHANGE, GRANTS_VIEW, ROLES_CHANGE, ROLES_VIEW
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.common.errors import InvalidInput, Stale
from apps.tenants.models import Tenant
from tests.access.conftest import NOW, Give, told
from tests.conftest import PASSWORD
from tests.locks import locked_by


def make(actor: User, tenant: Tenant, *, key: str = "helpdesk", units: list[str] | None = None) -> Role:
    codes = [GRANTS_VIEW.code] if units is None else units
    return create_role(actor, tenant_id=tenant.id, key=key, name="Help desk", units=codes, now=NOW)


class TestCreateRole:
    def test_makes_one_and_writes_it_down(self, boss: User, tenant: Tenant) -> None:
        role = make(boss, tenant, key=" HelpDesk ", units=[GRANTS_VIEW.code, GRANTS_VIEW.code])

        assert (role.key, role.units, role.version) == ("helpdesk", [GRANTS_VIEW.code], 1)
        entry = told(tenant.id).get()
        assert (entry.action, entry.target_label, entry.after["units"]) == (
            "access.role.created",
            "Help desk",
            [GRANTS_VIEW.code],
        )

    @pytest.mark.parametrize(
        ("key", "units"),
        [
            ("", ["access.grants.view"]),
            ("a b", ["access.grants.view"]),
            ("x" * 41, ["access.grants.view"]),
            ("ok", []),
            ("ok", ["no.such.unit"]),
        ],
    )
    def test_refuses_bad_input(self, boss: User, tenant: Tenant, key: str, units: list[str]) -> None:
        with pytest.raises(InvalidInput):
            make(boss, tenant, key=key, units=units)

    def test_takes_a_key_as_long_as_the_bound(self, boss: User, tenant: Tenant) -> None:
        assert len(make(boss, tenant, key="x" * roles.MAX_KEY_CHARS).key) == roles.MAX_KEY_CHARS

    def test_refuses_a_name_that_is_taken(self, boss: User, tenant: Tenant) -> None:
        make(boss, tenant)

        for key in ("helpdesk", AUDITOR):
            with pytest.raises(RoleKeyTaken):
                make(boss, tenant, key=key)

    def test_refuses_more_than_the_bound(self, boss: User, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(roles, "MAX_ROLES", 1)
        make(boss, tenant)

        with pytest.raises(RolesFull):
            make(boss, tenant, key="other")

    def test_nobody_makes_one_with_more_than_she_has(
        self, alice: User, boss: User, tenant: Tenant, whole: Scope
    ) -> None:
        make(boss, tenant, key="clerk", units=[ROLES_CHANGE.code, GRANTS_VIEW.code])
        grant_role(boss, user=alice, role="clerk", scope=whole, now=NOW)

        make(alice, tenant)
        with pytest.raises(NotPermitted):
            make(alice, tenant, key="more", units=[GRANTS_CHANGE.code])

    def test_nobody_makes_one_elsewhere(self, boss: User, root: User, other_tenant: Tenant) -> None:
        with pytest.raises(NotPermitted):
            make(boss, other_tenant)
        with pytest.raises(ScopeNotFound):
            create_role(root, tenant_id=uuid4(), key="a", name="A", units=[GRANTS_VIEW.code], now=NOW)

    def test_roles_of_the_system_need_power_over_the_system(self, root: User, give: Give) -> None:
        clerk = create_user(root.tenant, username="clerk", password=PASSWORD)
        give(clerk, TENANT_ADMIN, tenant_scope(root.tenant_id))

        make(root, root.tenant)
        with pytest.raises(NotPermitted) as refusal:
            make(clerk, root.tenant, key="more")

        assert refusal.value.fields["scope"] == SYSTEM.path


class TestChangeRole:
    def test_changes_what_holders_may_do_at_once(self, boss: User, alice: User, tenant: Tenant, whole: Scope) -> None:
        role = make(boss, tenant)
        grant_role(boss, user=alice, role="helpdesk", scope=whole, now=NOW)

        changed = change_role(
            boss, role_id=role.id, tenant_id=tenant.id, version=1, name="Desk", units=[ROLES_VIEW.code], now=NOW
        )

        powers = powers_of(alice, now=NOW)
        assert (changed.name, changed.version) == ("Desk", 2)
        assert powers.may(ROLES_VIEW, whole)
        assert not powers.may(GRANTS_VIEW, whole)
        entry = told(tenant.id).get(action="access.role.changed")
        assert entry.before == {"name": "Help desk", "units": [GRANTS_VIEW.code]}

    def test_leaves_what_is_not_said(self, boss: User, tenant: Tenant) -> None:
        role = make(boss, tenant)

        changed = change_role(boss, role_id=role.id, tenant_id=tenant.id, version=1, now=NOW)

        assert (changed.name, changed.units) == (role.name, role.units)

    def test_refuses_a_stale_edit(self, boss: User, tenant: Tenant) -> None:
        role = make(boss, tenant)
        change_role(boss, role_id=role.id, tenant_id=tenant.id, version=1, name="Desk", now=NOW)

        with pytest.raises(Stale):
            change_role(boss, role_id=role.id, tenant_id=tenant.id, version=1, name="Bench", now=NOW)

    def test_needs_every_unit_old_and_new(self, alice: User, boss: User, tenant: Tenant, whole: Scope) -> None:
        role = make(boss, tenant, units=[GRANTS_CHANGE.code])
        weak = make(boss, tenant, key="weak")
        make(boss, tenant, key="clerk", units=[ROLES_CHANGE.code, GRANTS_VIEW.code])
        grant_role(boss, user=alice, role="clerk", scope=whole, now=NOW)

        for role_id, units in ((role.id, [GRANTS_VIEW.code]), (weak.id, [GRANTS_CHANGE.code])):
            with pytest.raises(NotPermitted):
                change_role(alice, role_id=role_id, tenant_id=tenant.id, version=1, units=units, now=NOW)

    def test_nobody_keeps_by_a_role_what_she_has_for_a_while_only(
        self, alice: User, boss: User, tenant: Tenant, whole: Scope, give: Give
    ) -> None:
        role = make(boss, tenant)
        held = grant_role(boss, user=alice, role="helpdesk", scope=whole, now=NOW)
        give(alice, TENANT_ADMIN, whole, expires_at=NOW + timedelta(days=1))
        wider = [GRANTS_VIEW.code, GRANTS_CHANGE.code]

        with pytest.raises(EndsTooLate):
            change_role(alice, role_id=role.id, tenant_id=tenant.id, version=1, units=wider, now=NOW)
        Grant.unscoped.filter(pk=held.pk).update(expires_at=NOW + timedelta(days=1))
        changed = change_role(alice, role_id=role.id, tenant_id=tenant.id, version=1, units=wider, now=NOW)

        assert changed.units == sorted(wider)

    def test_one_who_holds_the_role_for_ever_outweighs_all_who_hold_it_for_a_while(
        self, alice: User, bob: User, boss: User, tenant: Tenant, whole: Scope, give: Give
    ) -> None:
        role = make(boss, tenant)
        grant_role(boss, user=bob, role="helpdesk", scope=whole, now=NOW)
        grant_role(boss, user=alice, role="helpdesk", scope=whole, expires_at=NOW + timedelta(hours=1), now=NOW)
        give(alice, TENANT_ADMIN, whole, expires_at=NOW + timedelta(days=1))
        wider = [GRANTS_VIEW.code, GRANTS_CHANGE.code]

        with pytest.raises(EndsTooLate):
            change_role(alice, role_id=role.id, tenant_id=tenant.id, version=1, units=wider, now=NOW)

    def test_whoever_has_it_for_a_while_may_still_narrow_a_role(
        self, alice: User, boss: User, tenant: Tenant, whole: Scope, give: Give
    ) -> None:
        role = make(boss, tenant, units=[GRANTS_VIEW.code, GRANTS_CHANGE.code])
        grant_role(boss, user=boss, role="helpdesk", scope=whole, now=NOW)
        give(alice, TENANT_ADMIN, whole, expires_at=NOW + timedelta(days=1))

        changed = change_role(alice, role_id=role.id, tenant_id=tenant.id, version=1, units=[GRANTS_VIEW.code], now=NOW)

        assert changed.units == [GRANTS_VIEW.code]

    def test_another_tenants_role_is_unknown(
        self, boss: User, root: User, tenant: Tenant, other_tenant: Tenant
    ) -> None:
        theirs = make(root, other_tenant)

        with pytest.raises(RoleNotFound):
            change_role(boss, role_id=theirs.id, tenant_id=tenant.id, version=1, name="Mine", now=NOW)
        with pytest.raises(NotPermitted):
            change_role(boss, role_id=theirs.id, tenant_id=other_tenant.id, version=1, name="Mine", now=NOW)


class TestDeleteRole:
    def test_deletes_one_that_nobody_holds(self, boss: User, alice: User, tenant: Tenant, whole: Scope) -> None:
        role = make(boss, tenant)
        grant = grant_role(boss, user=alice, role="helpdesk", scope=whole, now=NOW)

        with pytest.raises(RoleInUse):
            delete_role(boss, role_id=role.id, tenant_id=tenant.id, now=NOW)
        Grant.objects.for_tenant(tenant.id).filter(pk=grant.pk).delete()
        delete_role(boss, role_id=role.id, tenant_id=tenant.id, now=NOW)

        assert not Role.objects.for_tenant(tenant.id).exists()
        entry = told(tenant.id).get(action="access.role.deleted")
        assert (entry.target_id, entry.before["key"]) == (str(role.id), "helpdesk")

    def test_needs_power_over_it(self, boss: User, alice: User, tenant: Tenant) -> None:
        role = make(boss, tenant)

        with pytest.raises(NotPermitted):
            delete_role(alice, role_id=role.id, tenant_id=tenant.id, now=NOW)


def test_the_place_or_the_role_is_held_until_all_is_done(boss: User, tenant: Tenant) -> None:
    def make_change_and_delete() -> None:
        role = make(boss, tenant)
        change_role(boss, role_id=role.id, tenant_id=tenant.id, version=1, name="Bench", now=NOW)
        delete_role(boss, role_id=role.id, tenant_id=tenant.id, now=NOW)

    locked = locked_by(make_change_and_delete)

    assert locked == ["tenants_tenant", "audit_head", "access_role", "audit_head", "access_role", "audit_head"]
