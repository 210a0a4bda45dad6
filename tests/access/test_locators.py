"""Where rows are: by tenant unless their app says more."""

from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from apps.access.locators import Locators, PathLocator, SystemLocator, TenantLocator, locator_of
from apps.access.models import Grant
from apps.access.roles import AUDITOR
from apps.access.scopes import SYSTEM, Scope, tenant_scope
from apps.accounts.models import Terminal, User
from apps.conversations.models import Conversation
from apps.tenants.models import Tenant
from tests.access.conftest import Give


class TestByTenant:
    def test_admins_of_a_tenant_find_its_rows_and_those_below_nothing(
        self, alice: User, eve: User, whole: Scope, org: Scope
    ) -> None:
        locator = TenantLocator()
        theirs = tenant_scope(eve.tenant_id)

        def found(*scopes: Scope) -> set[User]:
            return set(User.unscoped.filter(locator.within(scopes)))

        assert found(whole) == {alice}
        assert found(whole, theirs) == {alice, eve}
        assert found(SYSTEM, org) == {alice, eve}
        assert found(org) == found() == set()
        assert locator.scopes_of(alice) == (whole,)

    def test_the_way_to_the_tenant_may_be_longer(self, alice: User, eve: User, whole: Scope, tenant: Tenant) -> None:
        by_row, by_user = TenantLocator("pk"), TenantLocator("user__tenant_id")

        assert Tenant.objects.get(by_row.within([whole])) == tenant
        assert by_row.scopes_of(tenant) == (whole,)
        assert by_user.scopes_of(Terminal(user=alice)) == (whole,)


class TestByPath:
    def test_admins_find_what_lies_below_their_scope(
        self, alice: User, bob: User, whole: Scope, org: Scope, give: Give
    ) -> None:
        locator = PathLocator()
        outer, inner = give(alice, AUDITOR, whole), give(bob, AUDITOR, org.department(UUID(int=1)))

        assert list(Grant.unscoped.filter(locator.within([org]))) == [inner]
        assert set(Grant.unscoped.filter(locator.within([SYSTEM]))) == {outer, inner}
        assert locator.scopes_of(outer) == (whole,)


class TestOfTheSystem:
    @pytest.mark.django_db
    def test_only_those_who_run_it_find_anything(self, whole: Scope) -> None:
        locator = SystemLocator()

        assert Permission.objects.filter(locator.within([SYSTEM])).exists()
        assert not Permission.objects.filter(locator.within([whole])).exists()
        assert locator.scopes_of(object()) == (SYSTEM,)


class TestFinding:
    @pytest.mark.parametrize(
        ("model", "kind"), [(Conversation, TenantLocator), (Permission, SystemLocator)], ids=["tenant", "library"]
    )
    def test_falls_back_on_what_the_model_has(self, model: type[Model], kind: type) -> None:
        assert isinstance(Locators().find(model), kind)

    def test_prefers_what_is_registered(self) -> None:
        locators, own = Locators(), PathLocator("path")
        locators.register("auth.Permission", own)
        locators.register("auth.Permission", PathLocator("path"))

        assert locators.find(Permission) is own
        with pytest.raises(ImproperlyConfigured):
            locators.register("auth.permission", PathLocator("other"))

    def test_grants_are_where_their_scope_says(self) -> None:
        assert locator_of(Grant) == PathLocator()
