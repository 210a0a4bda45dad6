"""Granting and revoking: within one's own power, in place and time; never the last system admin."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.access.errors import (
    EndsTooLate,
    ForeignScope,
    GrantNotFound,
    GrantsFull,
    LastSystemAdmin,
    NotPermitted,
    RoleMisplaced,
    RoleNotFound,
    ScopeNotFound,
)
from apps.access.models import Grant, Role
from apps.access.roles import AUDITOR, DEPARTMENT_ADMIN, ORGANISATION_ADMIN, SYSTEM_ADMIN, TENANT_ADMIN
from apps.access.scopes import SYSTEM, Scope, tenant_scope
from apps.access.selectors import powers_of
from apps.access.services import grant_role, grants, keep_a_system_admin, move_scopes, revoke_grant
from apps.access.units import GRANTS_CHANGE, GRANTS_VIEW, ROLES_CHANGE
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.common.errors import ImError, InvalidInput
from apps.common.retry import run_in_transaction
from apps.tenants.models import Tenant
from tests.access.conftest import NOW, Give, told
from tests.conftest import PASSWORD
from tests.locks import locked_by
from tests.messaging.racing import race

LATER = NOW + timedelta(days=7)
DEPARTMENT_ID = UUID(int=0xD)


@pytest.fixture
def department(org: Scope) -> Scope:
    return org.department(DEPARTMENT_ID)


class TestGrantRole:
    def test_gives_what_the_role_has_at_the_scope_and_below(
        self, boss: User, alice: User, org: Scope, department: Scope, whole: Scope
    ) -> None:
        grant = grant_role(boss, user=alice, role=ORGANISATION_ADMIN, scope=org, now=NOW)

        powers = powers_of(alice, now=NOW)
        assert (grant.tenant_id, grant.user_id, grant.scope, grant.granted_by) == (
            alice.tenant_id,
            alice.id,
            org.path,
            boss.id,
        )
        assert powers.may(GRANTS_CHANGE, department)
        assert not powers.may(GRANTS_CHANGE, whole)
        assert not powers.may(ROLES_CHANGE, org), "this unit means nothing so deep"

    @pytest.mark.parametrize("units", [["tenants.tenant.export"], ["accounts.keys.no_more"], ["orgs.people.view"]])
    def test_a_tenants_role_that_she_neither_sees_nor_could_give_is_not_there(
        self, boss: User, alice: User, bob: User, give: Give, org: Scope, units: list[str]
    ) -> None:
        role = Role(tenant_id=alice.tenant_id, key="secret", name="Secret", units=units)
        role.save(force_insert=True)
        granting = Role(tenant_id=alice.tenant_id, key="granting", name="Granting", units=["access.grants.change"])
        granting.save(force_insert=True)
        grant_role(boss, user=alice, role="granting", scope=org, now=NOW)

        for key in ("secret", role.id.hex, "nowhere"):
            with pytest.raises(RoleNotFound) as refusal:
                grant_role(alice, user=bob, role=key, scope=org, now=NOW)
            assert refusal.value.fields == {"role": key}
        with pytest.raises(NotPermitted):
            grant_role(alice, user=bob, role=AUDITOR, scope=org, now=NOW)

    def test_writes_down_who_gave_what_to_whom(self, boss: User, alice: User, org: Scope, tenant: Tenant) -> None:
        grant = grant_role(boss, user=alice, role=AUDITOR, scope=org, expires_at=LATER, now=NOW)

        entry = told(tenant.id).get()
        assert (entry.action, entry.actor_login, entry.scope) == ("access.grant.given", "boss@acme", org.path)
        assert entry.target_id == str(grant.id)
        assert entry.after["login"] == "alice@acme"
        assert entry.after["expires_at"] == LATER.isoformat()

    def test_gives_an_existing_grant_another_end(self, boss: User, alice: User, org: Scope, tenant: Tenant) -> None:
        first = grant_role(boss, user=alice, role=AUDITOR, scope=org, now=NOW)

        second = grant_role(boss, user=alice, role=AUDITOR, scope=org, expires_at=LATER, now=NOW)

        assert second.pk == first.pk
        assert Grant.objects.for_tenant(tenant.id).get(pk=first.pk).expires_at == LATER
        entry = told(tenant.id).get(action="access.grant.changed")
        assert (entry.before, entry.after) == ({"expires_at": None}, {"expires_at": LATER.isoformat()})

    def test_somebody_without_powers_gives_none(self, alice: User, bob: User, org: Scope) -> None:
        with pytest.raises(NotPermitted):
            grant_role(alice, user=bob, role=AUDITOR, scope=org, now=NOW)

    def test_nobody_gives_at_a_wider_scope_than_her_own(
        self, alice: User, bob: User, org: Scope, whole: Scope, give: Give
    ) -> None:
        give(alice, ORGANISATION_ADMIN, org)

        grant_role(alice, user=bob, role=AUDITOR, scope=org, now=NOW)
        for scope in (whole, tenant_scope(uuid4()), SYSTEM):
            with pytest.raises(NotPermitted):
                grant_role(alice, user=bob, role=AUDITOR, scope=scope, now=NOW)

    def test_nobody_gives_a_unit_that_she_lacks(
        self, alice: User, bob: User, tenant: Tenant, whole: Scope, give: Give
    ) -> None:
        give_units(tenant, alice, whole, [GRANTS_CHANGE.code])

        with pytest.raises(NotPermitted) as refusal:
            grant_role(alice, user=bob, role=AUDITOR, scope=whole, now=NOW)

        assert refusal.value.fields["unit"] != GRANTS_CHANGE.code

    def test_having_the_units_is_not_enough_to_give_them(self, alice: User, bob: User, org: Scope, give: Give) -> None:
        give(alice, AUDITOR, org)

        with pytest.raises(NotPermitted) as refusal:
            grant_role(alice, user=bob, role=AUDITOR, scope=org, now=NOW)

        assert refusal.value.fields["unit"] == GRANTS_CHANGE.code

    def test_nobody_gives_for_longer_than_she_has_it(
        self, alice: User, bob: User, org: Scope, department: Scope, give: Give
    ) -> None:
        give(alice, ORGANISATION_ADMIN, org, expires_at=LATER)

        grant_role(alice, user=bob, role=DEPARTMENT_ADMIN, scope=department, expires_at=LATER, now=NOW)
        for end in (None, LATER + timedelta(seconds=1)):
            with pytest.raises(EndsTooLate):
                grant_role(alice, user=bob, role=DEPARTMENT_ADMIN, scope=department, expires_at=end, now=NOW)

    def test_an_ended_power_gives_nothing(self, alice: User, bob: User, org: Scope, give: Give) -> None:
        give(alice, ORGANISATION_ADMIN, org, expires_at=NOW)

        with pytest.raises(NotPermitted):
            grant_role(alice, user=bob, role=AUDITOR, scope=org, expires_at=LATER, now=NOW)

    def test_an_end_in_the_past_is_refused(self, boss: User, alice: User, org: Scope) -> None:
        with pytest.raises(InvalidInput):
            grant_role(boss, user=alice, role=AUDITOR, scope=org, expires_at=NOW, now=NOW)

    def test_people_hold_powers_in_their_own_tenant_only(self, root: User, eve: User, whole: Scope) -> None:
        for scope in (whole, SYSTEM):
            with pytest.raises(ForeignScope):
                grant_role(root, user=eve, role=AUDITOR, scope=scope, now=NOW)

    def test_people_of_the_system_hold_powers_anywhere(self, root: User, whole: Scope) -> None:
        helper = create_user(root.tenant, username="helper", password=PASSWORD)

        grant_role(root, user=helper, role=TENANT_ADMIN, scope=whole, now=NOW)

        assert powers_of(helper, now=NOW).may(ROLES_CHANGE, whole)
        assert told(whole.tenant_id or root.tenant_id).get().actor_login == "root@system"

    def test_a_role_is_not_given_deeper_than_it_is_meant(self, boss: User, alice: User, org: Scope) -> None:
        with pytest.raises(RoleMisplaced):
            grant_role(boss, user=alice, role=TENANT_ADMIN, scope=org, now=NOW)

    def test_an_unknown_role_or_place_is_refused(self, root: User, boss: User, alice: User, whole: Scope) -> None:
        helper = create_user(root.tenant, username="helper", password=PASSWORD)

        with pytest.raises(RoleNotFound):
            grant_role(boss, user=alice, role="emperor", scope=whole, now=NOW)
        with pytest.raises(ScopeNotFound):
            grant_role(root, user=helper, role=TENANT_ADMIN, scope=tenant_scope(uuid4()), now=NOW)

    def test_a_role_of_another_tenant_is_unknown(self, boss: User, alice: User, whole: Scope, eve: User) -> None:
        theirs = make_role(eve.tenant, "helpdesk", [GRANTS_VIEW.code])

        for name in (theirs.key, theirs.id.hex, str(theirs.id)):
            with pytest.raises(RoleNotFound):
                grant_role(boss, user=alice, role=name, scope=whole, now=NOW)

    def test_a_role_of_the_tenant_is_given_by_key_or_id(
        self, boss: User, alice: User, bob: User, whole: Scope, tenant: Tenant
    ) -> None:
        role = make_role(tenant, "helpdesk", [GRANTS_VIEW.code])

        grants = [
            grant_role(boss, user=user, role=name, scope=whole, now=NOW)
            for user, name in ((alice, "helpdesk"), (bob, role.id.hex))
        ]

        assert {(grant.role, grant.custom_id) for grant in grants} == {(role.id.hex, role.id)}
        assert powers_of(bob, now=NOW).may(GRANTS_VIEW, whole)

    def test_of_two_roles_with_one_key_that_of_the_place_is_given(
        self, root: User, tenant: Tenant, whole: Scope, org: Scope
    ) -> None:
        theirs = make_role(tenant, "helpdesk", [GRANTS_VIEW.code])
        home = make_role(root.tenant, "helpdesk", [GRANTS_CHANGE.code])

        there = grant_role(root, user=root, role="helpdesk", scope=org, now=NOW)
        everywhere = grant_role(root, user=root, role="helpdesk", scope=SYSTEM, now=NOW)

        assert (there.custom, everywhere.custom) == (theirs, home)

    def test_grants_of_one_person_are_bounded(
        self, boss: User, alice: User, org: Scope, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(grants, "MAX_GRANTS", 1)
        grant_role(boss, user=alice, role=AUDITOR, scope=org, now=NOW)

        with pytest.raises(GrantsFull):
            grant_role(boss, user=alice, role=DEPARTMENT_ADMIN, scope=org, now=NOW)

    def test_the_database_itself_refuses_a_foreign_scope(
        self, alice: User, eve: User, whole: Scope, give: Give
    ) -> None:
        give(alice, AUDITOR, whole)

        for scope in (whole, SYSTEM, Scope(whole.path[:-1])):
            with pytest.raises(IntegrityError), transaction.atomic():
                give(eve, AUDITOR, scope)

    def test_what_fails_later_leaves_neither_grant_nor_entry(
        self, boss: User, alice: User, org: Scope, tenant: Tenant
    ) -> None:
        def fail() -> None:
            grant_role(boss, user=alice, role=AUDITOR, scope=org, now=NOW)
            raise InvalidInput(field="x", reason="y")

        with pytest.raises(InvalidInput):
            run_in_transaction(fail)

        assert not Grant.objects.for_tenant(tenant.id).filter(user_id=alice.id).exists()
        assert not told(tenant.id).exists()


class TestRevokeGrant:
    def test_takes_the_power_away_at_once(self, boss: User, alice: User, org: Scope, give: Give) -> None:
        grant = give(alice, AUDITOR, org)

        revoke_grant(boss, grant_id=grant.id, now=NOW)

        assert not powers_of(alice, now=NOW).has_any
        entry = told(alice.tenant_id).get()
        assert (entry.action, entry.before["login"], entry.after) == ("access.grant.revoked", "alice@acme", {})

    def test_a_grant_out_of_reach_looks_as_if_it_were_not(
        self, alice: User, boss: User, root: User, whole: Scope, org: Scope, give: Give
    ) -> None:
        give(alice, ORGANISATION_ADMIN, org)
        above = give(boss, AUDITOR, whole)

        for grant_id in (above.id, uuid4()):
            with pytest.raises(GrantNotFound):
                revoke_grant(alice, grant_id=grant_id, now=NOW)

    def test_who_has_less_takes_nothing_away(
        self, alice: User, bob: User, tenant: Tenant, whole: Scope, give: Give
    ) -> None:
        give_units(tenant, alice, whole, [GRANTS_CHANGE.code])
        grant = give(bob, TENANT_ADMIN, whole)

        with pytest.raises(NotPermitted):
            revoke_grant(alice, grant_id=grant.id, now=NOW)

    def test_whose_power_ends_may_still_take_away_what_does_not(
        self, alice: User, bob: User, org: Scope, give: Give
    ) -> None:
        give(alice, ORGANISATION_ADMIN, org, expires_at=LATER)
        grant = give(bob, ORGANISATION_ADMIN, org)

        revoke_grant(alice, grant_id=grant.id, now=NOW)

        assert not powers_of(bob, now=NOW).has_any


class TestBetweenLookingAndLocking:
    """What others do in that moment; here it is done by what is looked up."""

    def test_a_grant_may_vanish(
        self, boss: User, alice: User, org: Scope, give: Give, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        grant = give(alice, AUDITOR, org)

        def vanish(seen: Grant) -> bool:
            Grant.objects.for_tenant(seen.tenant_id).filter(pk=seen.pk).delete()
            return False

        monkeypatch.setattr(grants, "_runs_system", vanish)

        with pytest.raises(GrantNotFound):
            revoke_grant(boss, grant_id=grant.id, now=NOW)

    def test_a_grant_may_move_out_of_reach(
        self, alice: User, bob: User, org: Scope, give: Give, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        east, west = org.department(UUID(int=1)), org.department(UUID(int=2))
        give(alice, DEPARTMENT_ADMIN, east)
        grant = give(bob, AUDITOR, east.department(DEPARTMENT_ID))

        def move(_seen: Grant) -> bool:
            move_scopes(east.department(DEPARTMENT_ID), west.department(DEPARTMENT_ID))
            return False

        monkeypatch.setattr(grants, "_runs_system", move)

        with pytest.raises(GrantNotFound):
            revoke_grant(alice, grant_id=grant.id, now=NOW)

    def test_a_role_may_be_deleted(
        self, boss: User, alice: User, tenant: Tenant, whole: Scope, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone = Role(tenant_id=tenant.id, key="gone", name="Gone", units=[GRANTS_VIEW.code])
        monkeypatch.setattr(grants, "find_role", lambda key, *, tenant_ids: gone)

        with pytest.raises(RoleNotFound):
            grant_role(boss, user=alice, role="gone", scope=whole, now=NOW)


class TestTheLastSystemAdmin:
    def own(self, user: User) -> Grant:
        return Grant.objects.for_tenant(user.tenant_id).get(user_id=user.id)

    def test_stays(self, root: User) -> None:
        with pytest.raises(LastSystemAdmin):
            revoke_grant(root, grant_id=self.own(root).id, now=NOW)
        with pytest.raises(LastSystemAdmin):
            grant_role(root, user=root, role=SYSTEM_ADMIN, scope=SYSTEM, expires_at=LATER, now=NOW)
        with pytest.raises(LastSystemAdmin):
            keep_a_system_admin(without_user=root.id)

    @pytest.mark.parametrize("kind", ["superuser", "grant"])
    def test_may_go_once_there_is_another(self, root: User, kind: str, give: Give) -> None:
        other = create_user(root.tenant, username="other", password=PASSWORD, is_superuser=kind == "superuser")
        if kind == "grant":
            give(other, SYSTEM_ADMIN, SYSTEM)

        revoke_grant(other, grant_id=self.own(root).id, now=NOW)

        assert not powers_of(root, now=NOW).has_any

    @pytest.mark.parametrize("flaw", ["inactive", "ends"])
    def test_others_who_cannot_stay_do_not_count(self, root: User, flaw: str, give: Give) -> None:
        other = create_user(root.tenant, username="other", password=PASSWORD)
        give(other, SYSTEM_ADMIN, SYSTEM, expires_at=LATER if flaw == "ends" else None)
        User.unscoped.filter(pk=other.pk).update(is_active=flaw != "inactive")

        with pytest.raises(LastSystemAdmin):
            revoke_grant(root, grant_id=self.own(root).id, now=NOW)


class TestLocks:
    """In the order that the module names, so that two services never wait for each other."""

    def test_giving_holds_the_place_the_role_and_the_grant(
        self, boss: User, alice: User, tenant: Tenant, whole: Scope
    ) -> None:
        make_role(tenant, "helpdesk", [GRANTS_VIEW.code])

        locked = locked_by(lambda: grant_role(boss, user=alice, role="helpdesk", scope=whole, now=NOW))

        assert locked == ["tenants_tenant", "access_role", "access_grant", "audit_head"]

    def test_revoking_holds_whoever_else_runs_the_system(self, root: User, give: Give) -> None:
        other = create_user(root.tenant, username="other", password=PASSWORD)
        grant = give(other, SYSTEM_ADMIN, SYSTEM)

        locked = locked_by(lambda: revoke_grant(root, grant_id=grant.id, now=NOW))

        assert locked == ["accounts_user", "access_grant", "audit_head"]


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_the_last_two_system_admins_cannot_remove_each_other(self, root: User, give: Give) -> None:
        other = create_user(root.tenant, username="other", password=PASSWORD)
        hers = give(other, SYSTEM_ADMIN, SYSTEM)
        own = Grant.objects.for_tenant(root.tenant_id).get(user_id=root.id)

        results = race(
            lambda: revoke_grant(root, grant_id=hers.id, now=NOW), lambda: revoke_grant(other, grant_id=own.id, now=NOW)
        )

        refused = [result for result in results if isinstance(result, ImError)]
        assert len(refused) == 1
        assert Grant.objects.for_tenant(root.tenant_id).count() == 1

    def test_one_grant_given_by_many_is_one(self, boss: User, alice: User, org: Scope, tenant: Tenant) -> None:
        results = race(*[lambda: grant_role(boss, user=alice, role=AUDITOR, scope=org, now=NOW) for _ in range(6)])

        assert len({grant.pk for grant in results}) == 1
        assert told(tenant.id).filter(action="access.grant.given").count() == 1

    def test_a_grant_made_while_the_subtree_moves_goes_along(
        self, boss: User, alice: User, tenant: Tenant, org: Scope, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old, new = org.department(UUID(int=1)), org.department(UUID(int=2)).department(UUID(int=1))
        place = PlaceWithLock(tenant, old)
        monkeypatch.setattr("apps.access.places.hold", place.hold)

        def move() -> None:
            place.lock()
            place.path = new.path
            move_scopes(old, new)

        results = race(
            lambda: grant_role(boss, user=alice, role=AUDITOR, scope=old, now=NOW), lambda: run_in_transaction(move)
        )

        given = Grant.objects.for_tenant(tenant.id).filter(user_id=alice.id).values_list("scope", flat=True)
        assert list(given) == ([] if isinstance(results[0], ScopeNotFound) else [new.path])


class PlaceWithLock:
    """One department, kept as orgs does: whoever looks at it and whoever moves it locks the same row."""

    def __init__(self, tenant: Tenant, scope: Scope) -> None:
        self.tenant_id = tenant.id
        self.path = scope.path

    def lock(self) -> None:
        Tenant.objects.select_for_update().get(pk=self.tenant_id)

    def hold(self, scope: Scope) -> None:
        self.lock()
        if scope.path != self.path:
            raise ScopeNotFound(scope=scope.path)


def make_role(tenant: Tenant, key: str, units: list[str]) -> Role:
    role = Role(tenant_id=tenant.id, key=key, name=key.title(), units=units)
    role.save(force_insert=True)
    return role


def give_units(tenant: Tenant, user: User, scope: Scope, units: list[str]) -> None:
    role = make_role(tenant, f"only-{len(units)}", units)
    Grant(tenant_id=tenant.id, user_id=user.id, role=role.id.hex, custom=role, scope=scope.path).save(force_insert=True)
