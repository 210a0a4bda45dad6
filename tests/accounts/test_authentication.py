"""Bearer tokens in the Authorization header, and nowhere else."""

import pytest
from django.test import RequestFactory
from rest_framework.request import Request

from apps.accounts.authentication import BearerAuthentication, actor_of
from apps.accounts.models import User
from apps.accounts.services import deactivate_user, update_profile
from apps.common.wall.binding import bound_to, request_binding
from tests.rest_client import RestClient, issue_token, signed_in


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_tells_who_asks(alice: User, scheme: str) -> None:
    answer = RestClient(None).get("/api/v1/me", Authorization=f"{scheme} {issue_token(alice)}")

    assert answer.body["login"] == "alice@acme"


def test_a_token_binds_the_request_to_its_users_tenant(alice: User) -> None:
    with request_binding() as binding:
        request = RequestFactory().get("/", headers={"Authorization": f"Bearer {issue_token(alice)}"})
        assert BearerAuthentication().authenticate(Request(request)) == (alice, None)

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
