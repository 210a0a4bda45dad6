"""Password sign-in, wherever it happens."""

from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser, Permission
from django.db import connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from apps.access.models import Grant
from apps.access.roles import AUDITOR
from apps.access.scopes import organisation_scope, tenant_scope
from apps.accounts import backends, ways
from apps.accounts.backends import client_address
from apps.accounts.errors import SignInBusy, SignInLimited
from apps.accounts.models import User
from apps.accounts.services import deactivate_user, lockout
from apps.accounts.services.hashing import HashingSlots
from apps.accounts.services.sign_in import MAX_PER_NAME_AND_ADDRESS
from apps.accounts.services.users import create_user
from apps.common.ids import new_id
from apps.common.wall.binding import request_binding
from apps.tenants.models import Tenant
from apps.tenants.services import create_tenant, ensure_system_tenant, suspend_tenant
from tests.conftest import PASSWORD

HERE = RequestFactory(REMOTE_ADDR="10.0.0.1").get("/")
ELSEWHERE = RequestFactory(REMOTE_ADDR="10.0.0.2").get("/")


@pytest.mark.parametrize("login", ["alice@acme", " Alice@ACME "])
def test_name_and_password_sign_in(alice: User, login: str) -> None:
    assert authenticate(HERE, username=login, password=PASSWORD) == alice


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("alice@acme", "wrong"),
        ("alice@acme", ""),
        ("alice@rival", PASSWORD),
        ("alice", PASSWORD),
        ("nobody@acme", PASSWORD),
        ("", PASSWORD),
        ("alice@acme\0", PASSWORD),
    ],
)
def test_anything_else_does_not(alice: User, login: str, password: str) -> None:
    assert authenticate(HERE, username=login, password=password) is None


def test_a_deactivated_user_stays_out(alice: User) -> None:
    deactivate_user(alice)

    assert authenticate(HERE, username=alice.login, password=PASSWORD) is None


def test_the_users_of_a_suspended_tenant_stay_out(alice: User, eve: User) -> None:
    suspend_tenant(alice.tenant)

    assert authenticate(HERE, username=alice.login, password=PASSWORD) is None
    assert authenticate(HERE, username=eve.login, password=PASSWORD) == eve


def test_after_many_wrong_guesses_the_right_one_no_longer_helps(alice: User) -> None:
    for _ in range(MAX_PER_NAME_AND_ADDRESS):
        authenticate(HERE, username=alice.login, password="wrong")

    with pytest.raises(SignInLimited):
        authenticate(HERE, username=alice.login, password=PASSWORD)
    assert authenticate(ELSEWHERE, username=alice.login, password=PASSWORD) == alice


def test_an_address_that_the_client_claims_is_not_believed() -> None:
    request = RequestFactory(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.2.3.4").get("/")

    assert client_address(request) == "10.0.0.1"
    assert client_address(None) == ""


class TestElsewhere:
    """Another app may know whose password it is: asked once, behind the same guard, before our one hash."""

    @pytest.fixture(autouse=True)
    def asked(self, monkeypatch: pytest.MonkeyPatch, alice: User) -> list[tuple[str, User | None]]:
        """Elsewhere Alice has another password, and somebody unknown here has one, too."""
        asked: list[tuple[str, User | None]] = []

        def prove(_tenant: Tenant, user: User | None, *, username: str, password: str, now: object) -> User | None:
            asked.append((username, user))
            return alice if (username, password) == ("alice", "hers there") else None

        monkeypatch.setattr(ways, "_provers", {"there": prove})
        return asked

    def test_it_says_yes_to_a_password_that_is_proven_there(
        self, alice: User, asked: list[tuple[str, User | None]]
    ) -> None:
        user = authenticate(HERE, username="Alice@acme", password="hers there")

        assert user == alice
        assert ways.method_of(user) == "there"
        assert asked == [("alice", alice)]

    def test_whoever_is_not_proven_there_has_her_own_password(
        self, alice: User, asked: list[tuple[str, User | None]]
    ) -> None:
        user = authenticate(HERE, username="alice@acme", password=PASSWORD)

        assert isinstance(user, User)
        assert (user, ways.method_of(user)) == (alice, "password")
        assert authenticate(HERE, username="nobody@acme", password=PASSWORD) is None
        assert asked == [("alice", alice), ("nobody", None)]

    @pytest.mark.parametrize("login", ["alice@nowhere", "alice@rival", "ali\0ce@acme", ""])
    def test_what_is_no_name_of_a_tenant_is_asked_nowhere(
        self, eve: User, login: str, asked: list[tuple[str, User | None]]
    ) -> None:
        suspend_tenant(eve.tenant)

        assert authenticate(HERE, username=login, password="hers there") is None
        assert asked == []

    def test_who_may_not_sign_in_stays_out_after_one_hash(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        alice.is_active = False
        hashed: list[str] = []
        monkeypatch.setattr(User, "check_password", lambda _user, password: hashed.append(password))

        assert authenticate(HERE, username="alice@acme", password="hers there") is None
        assert hashed == ["hers there"]

    def test_a_failure_counts_once_and_then_nobody_is_asked(self, asked: list[tuple[str, User | None]]) -> None:
        for _attempt in range(MAX_PER_NAME_AND_ADDRESS):
            assert authenticate(HERE, username="alice@acme", password="wrong") is None

        with pytest.raises(SignInLimited):
            authenticate(HERE, username="alice@acme", password="hers there")
        assert len(asked) == MAX_PER_NAME_AND_ADDRESS

    @pytest.mark.parametrize("login", ["alice@acme", "nobody@acme"])
    def test_the_tenant_is_looked_up_once_and_every_wrong_answer_costs_the_same(
        self, login: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        checks: list[str] = []
        monkeypatch.setattr(lockout, "check", lambda attempt, now: checks.append(attempt.login))
        hashed: list[str] = []
        for name in ("check_password", "set_password"):
            monkeypatch.setattr(User, name, lambda _user, password: hashed.append(password))

        with CaptureQueriesContext(connection) as captured:
            assert authenticate(HERE, username=login, password="wrong") is None

        tenants = [query for query in captured.captured_queries if 'FROM "tenants_tenant"' in query["sql"]]
        assert (len(tenants), len(checks), hashed) == (1, 1, ["wrong"])


@pytest.mark.django_db(transaction=True)
class TestWhileHashing:
    @pytest.fixture
    def held(self, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
        """Whether a database connection was held at each check of a password, right or of an unknown name."""
        held: list[bool] = []
        for name in ("check_password", "set_password"):
            monkeypatch.setattr(User, name, self.watched(getattr(User, name), held))
        return held

    @staticmethod
    def watched(check: Any, held: list[bool]) -> Any:
        def watch(user: User, password: str) -> Any:
            held.append(connection.connection is not None)
            return check(user, password)

        return watch

    @pytest.mark.parametrize(
        ("login", "password"), [("alice@acme", PASSWORD), ("alice@acme", "wrong"), ("nobody@acme", PASSWORD)]
    )
    def test_no_connection_is_held(self, alice: User, held: list[bool], login: str, password: str) -> None:
        held.clear()

        authenticate(HERE, username=login, password=password)

        assert held == [False]

    def test_a_callers_transaction_stays_whole(self, alice: User, held: list[bool]) -> None:
        held.clear()

        with transaction.atomic():
            User.objects.for_tenant(alice.tenant_id).update(display_name="Changed")
            assert authenticate(HERE, username=alice.login, password=PASSWORD) == alice

        alice.refresh_from_db()
        assert alice.display_name == "Changed"
        assert held == [True]


@pytest.mark.parametrize("login", ["alice@acme", "nobody@acme"])
def test_in_a_rush_nobody_is_let_in_and_nobody_is_blamed(
    alice: User, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as rush:
        rush.setattr(backends, "slots", HashingSlots(at_once=0, max_waiting=0))
        for _ in range(MAX_PER_NAME_AND_ADDRESS + 1):
            with pytest.raises(SignInBusy):
                authenticate(HERE, username=login, password=PASSWORD)

    assert authenticate(HERE, username="alice@acme", password=PASSWORD) == alice


class TestBinding:
    """Whoever is found by her session sees her own tenant's rows for the rest of the request."""

    def test_a_request_is_bound_to_the_tenant_of_its_session(self, alice: User) -> None:
        with request_binding() as binding:
            assert backends.TenantBackend().get_user(alice.pk) == alice

            assert binding.tenant_id == alice.tenant_id

    def test_nobody_found_is_nobody_bound(self, alice: User) -> None:
        deactivate_user(alice)

        with request_binding() as binding:
            assert backends.TenantBackend().get_user(alice.pk) is None
            assert backends.TenantBackend().get_user(new_id()) is None

            assert binding.tenant_id is None

    @pytest.mark.parametrize(("slug", "is_superuser"), [("system", False), ("system", True), ("acme", True)])
    @pytest.mark.django_db
    def test_those_who_run_the_installation_see_all(self, slug: str, is_superuser: bool) -> None:
        tenant = ensure_system_tenant() if slug == "system" else create_tenant(slug=slug, name="Acme")
        user = create_user(tenant, username="root", password=PASSWORD, is_superuser=is_superuser)

        with request_binding() as binding:
            backends.bind_request(user)

            assert binding.tenant_id is None

    def test_staff_of_a_tenant_do_not(self, tenant: Tenant) -> None:
        user = create_user(tenant, username="joe", password=PASSWORD, is_staff=True)

        with request_binding() as binding:
            backends.bind_request(user)

            assert binding.tenant_id == tenant.id


class TestPermissions:
    """What Django asks about permissions is answered by powers."""

    def test_are_what_a_grant_amounts_to_at_whatever_scope(
        self, alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        scope = organisation_scope(alice.tenant_id, new_id()).path
        Grant(tenant_id=alice.tenant_id, user_id=alice.id, role=AUDITOR, scope=scope).save()

        with django_assert_num_queries(1):
            assert alice.has_perm("access.view_grant")
            assert not alice.has_perm("access.delete_grant")
            assert not alice.has_perm("access.view_role"), "this means nothing below a tenant"
            assert alice.has_module_perms("access")
        assert not bob.has_perm("access.view_grant")
        assert not bob.has_module_perms("access")

    def test_over_single_objects_are_not_djangos_business(self, alice: User) -> None:
        Grant(
            tenant_id=alice.tenant_id, user_id=alice.id, role=AUDITOR, scope=tenant_scope(alice.tenant_id).path
        ).save()

        assert alice.has_perm("access.view_grant")
        assert not alice.has_perm("access.view_grant", alice)

    def test_of_djangos_own_count_for_nothing(self, alice: User) -> None:
        alice.user_permissions.set(Permission.objects.all())

        assert alice.get_all_permissions() == set()
        assert AnonymousUser().get_all_permissions() == set()

    def test_of_superusers_are_all_and_of_inactive_people_none(self, alice: User) -> None:
        alice.is_superuser = True
        assert alice.has_perm("access.delete_grant")

        alice.is_active = False

        assert not alice.has_perm("access.delete_grant")
        assert backends.TenantBackend().get_all_permissions(alice) == set()
