"""Bearer tokens in the Authorization header, and nowhere else."""

from types import SimpleNamespace
from typing import cast

import pytest
from django.test import RequestFactory
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.access.models import Grant
from apps.access.roles import TENANT_ADMIN
from apps.access.units import all_units
from apps.accounts.api.tickets import SpentTicketsView
from apps.accounts.authentication import BearerAuthentication, TokenReaches, actor_of
from apps.accounts.errors import ScopeInsufficient
from apps.accounts.models import User
from apps.accounts.policies import SCOPE, Access
from apps.accounts.services import create_user, deactivate_user, update_profile
from apps.common.wall.binding import bound_to, request_binding
from apps.tenants.models import Tenant
from tests.admin.conftest import give_role
from tests.api.routes import api_operations, api_views, with_ids
from tests.conftest import PASSWORD
from tests.rest_client import RestClient, issue_token, signed_in


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_tells_who_asks(alice: User, scheme: str) -> None:
    answer = RestClient(None).get("/api/v1/me", Authorization=f"{scheme} {issue_token(alice)}")

    assert answer.body["login"] == "alice@acme"


def test_a_token_binds_the_request_to_its_users_tenant(alice: User) -> None:
    with request_binding() as binding:
        request = RequestFactory().get("/", headers={"Authorization": f"Bearer {issue_token(alice)}"})
        answer = BearerAuthentication().authenticate(Request(request))

        assert answer is not None
        assert (answer[0], answer[1].scopes) == (alice, frozenset({"im"}))

        assert binding.tenant_id == alice.tenant_id


def test_one_request_leaves_nothing_to_the_next(alice: User, eve: User) -> None:
    logins = [signed_in(user).get("/api/v1/me").body["login"] for user in (alice, eve, alice)]

    assert logins == ["alice@acme", "eve@rival", "alice@acme"]
    assert bound_to() is None


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Token abc", "Bearertoken"])
@pytest.mark.django_db
def test_without_a_bearer_token_one_is_asked_to_sign_in(header: str) -> None:
    answer = RestClient(None).get("/api/v1/me", Authorization=header)

    assert (answer.status, answer.code) == (401, "sign_in_required")


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "\xe9\xff", "a b"])
@pytest.mark.django_db
def test_a_token_nobody_issued_is_refused(token: str) -> None:
    answer = RestClient(None).get("/api/v1/me", Authorization=f"Bearer {token}")

    assert (answer.status, answer.code) == (401, "token_invalid")


def test_a_token_in_the_address_or_a_session_does_not_count(alice: User) -> None:
    client = RestClient(None)
    client.http.force_login(alice)

    assert client.get(f"/api/v1/me?access_token={issue_token(alice)}").status == 401
    assert client.get("/api/v1/me").status == 401


def test_a_token_dies_with_its_user(alice: User) -> None:
    client = signed_in(alice)
    assert client.get("/api/v1/me").status == 200

    User.unscoped.filter(pk=alice.pk).update(is_active=False)

    assert client.get("/api/v1/me").code == "token_invalid"
    deactivate_user(alice)
    assert client.get("/api/v1/me").code == "token_invalid"


def test_problems_come_in_the_language_the_user_chose(alice: User) -> None:
    client = signed_in(alice)

    english = client.get("/api/v1/users/0198e2a0-0000-7000-8000-000000000001")
    update_profile(alice, locale="zh-hans")
    chinese = client.get("/api/v1/users/0198e2a0-0000-7000-8000-000000000001")
    header = client.get("/api/v1/nothing", **{"Accept-Language": "zh-CN,zh;q=0.9"})

    assert english.body["detail"].startswith("There is no user")
    assert chinese.body["detail"].startswith("没有用户")
    assert header.body["detail"] == "这个地址下什么也没有。"


def test_the_actor_is_the_signed_in_user(alice: User) -> None:
    request = Request(RequestFactory().get("/"))
    request.user = alice

    assert actor_of(request) == alice


def lets_in(gate: TokenReaches, view: type[APIView], scope: str) -> bool:
    """Whether a token of this scope alone gets past the gate of a view."""
    request = SimpleNamespace(auth=Access(frozenset({scope}), "rota", "7", 0))
    try:
        return gate.has_permission(cast("Request", request), view())
    except ScopeInsufficient:
        return False


BEYOND_UNITS = {SpentTicketsView}
"""What no unit opens: for service accounts, whose own rule is asked by the view."""


class TestWhatATokenOpens:
    @pytest.fixture
    def boss(self, tenant: Tenant) -> User:
        """May do everything, so whatever is refused is refused to the program."""
        return create_user(tenant, username="boss", password=PASSWORD, is_superuser=True)

    @pytest.mark.parametrize(("method", "path"), sorted(api_operations()))
    def test_without_a_scope_it_opens_no_route(self, boss: User, method: str, path: str) -> None:
        for scope in ("", "openid profile email", "imx orgs.people orgs.people.viewer"):
            answer = RestClient(issue_token(boss, scope=scope)).request(method, with_ids(path, str(boss.id)))

            assert (answer.status, answer.code) == (403, "insufficient_scope"), scope

    @pytest.mark.parametrize("path", sorted(path for path, view in api_views().items() if view not in BEYOND_UNITS))
    def test_a_unit_opens_the_routes_that_name_it_and_no_other(self, path: str) -> None:
        """The first gate, for every unit at every route; the second one is asked by every service."""
        view = api_views()[path]
        named = {unit.code for unit in getattr(view, "units", ())}
        gates = [gate for gate in view().get_permissions() if isinstance(gate, TokenReaches)]

        assert gates, f"{path} asks no token what it opens"
        opened = {unit.code for unit in all_units() if lets_in(gates[0], view, unit.code)}
        assert opened == named
        assert lets_in(gates[0], view, SCOPE)
        assert not lets_in(gates[0], view, "openid")

    def test_what_a_person_may_no_more_her_program_may_no_more(self, alice: User, bob: User) -> None:
        give_role(alice, TENANT_ADMIN)
        client = RestClient(issue_token(alice, scope="orgs.people.view"))
        before = client.get(f"/api/v1/people/{bob.id}")

        Grant.unscoped.filter(user_id=alice.pk).delete()

        after = client.get(f"/api/v1/people/{bob.id}")
        assert (before.status, after.status, after.code) == (200, 404, "user_not_found")

    def test_units_open_what_works_by_them_and_nothing_personal(self, boss: User) -> None:
        client = RestClient(issue_token(boss, scope="openid orgs.people.view"))

        assert client.get("/api/v1/people").status == 200
        for path in ("/api/v1/me", "/api/v1/conversations", "/api/v1/audit", "/api/v1/me/powers"):
            assert client.get(path).code == "insufficient_scope", path

    def test_behind_the_door_the_program_has_the_powers_of_its_units_alone(self, boss: User, bob: User) -> None:
        reader = RestClient(issue_token(boss, scope="orgs.people.view"))
        editor = RestClient(issue_token(boss, scope="orgs.people.view orgs.people.change"))
        path, change = f"/api/v1/people/{bob.id}", {"display_name": "Robert"}

        refused = reader.patch(path, change, **{"If-Match": '"1"'})
        changed = editor.patch(path, change, **{"If-Match": '"1"'})

        assert (refused.status, refused.code) == (403, "not_permitted")
        assert changed.status == 200

    def test_a_scope_gives_nobody_powers_that_she_lacks(self, alice: User, bob: User) -> None:
        client = RestClient(issue_token(alice, scope="orgs.people.view"))

        assert client.get("/api/v1/people").body["items"] == []
        assert client.get(f"/api/v1/people/{bob.id}").code == "user_not_found"

    def test_a_program_cannot_widen_itself_by_a_grant(self, boss: User, alice: User) -> None:
        client = RestClient(issue_token(boss, scope="access.grants.change"))
        scope = f"t:{alice.tenant_id.hex}"

        answer = client.post("/api/v1/grants", {"user": str(alice.id), "role": "tenant_admin", "scope": scope})

        assert (answer.status, answer.code) == (403, "not_permitted")
