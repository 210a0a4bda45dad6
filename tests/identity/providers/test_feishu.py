"""Feishu, played after its documentation."""

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.identity.models import Connection, Link
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect, left, signed_in_as
from tests.identity.parties import Party
from tests.identity.providers.chinese import attempt


@pytest.fixture
def feishu(connect: Connect, tenant: Tenant, party: Party) -> Connection:
    config = {"client_id": "cli_a", "tenant_key": "tk-1", "accounts_url": party.base, "api_url": party.base}
    party.userinfo = {"open_id": "ou_1", "name": "张三", "tenant_key": "tk-1", "enterprise_email": "zhang@acme.test"}
    return connect(tenant, "feishu", secret="s3", config=config, provisioning="create")


def test_people_are_sent_to_its_page_with_a_challenge(client: Client, feishu: Connection, party: Party) -> None:
    location = left(client, feishu)

    asked = parse_qs(urlsplit(location).query)
    assert location.startswith(f"{party.base}/open-apis/authen/v1/authorize?")
    assert asked["client_id"] == ["cli_a"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"][0].endswith(f"/accounts/via/{feishu.pk}/callback/")


def test_somebody_of_the_company_comes_in_as_herself(client: Client, feishu: Connection, party: Party) -> None:
    attempt(client, feishu, party)

    made = User.unscoped.get(pk=signed_in_as(client))
    assert (made.username, made.display_name, made.email) == ("zhang", "张三", "zhang@acme.test")
    sent = next(json.loads(body) for path, _headers, body in party.asked if path.endswith("/oauth/token"))
    assert sent["client_secret"] == "s3"
    assert sent["code_verifier"]


def test_an_address_that_she_typed_there_proves_nothing(
    client: Client, feishu: Connection, party: Party, link: Callable[..., Link]
) -> None:
    party.userinfo |= {"enterprise_email": "", "email": "boss@acme.test"}

    attempt(client, feishu, party)

    assert User.unscoped.get(pk=signed_in_as(client)).email == ""


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/open-apis/authen/v2/oauth/token", {"code": 20003, "error": "invalid_grant"}),
        ("/open-apis/authen/v1/user_info", {"code": 99991663}),
        ("/open-apis/authen/v1/user_info", {"code": 0, "data": {"open_id": "ou_1", "tenant_key": "another"}}),
        ("/open-apis/authen/v1/user_info", {"code": 0, "data": {"tenant_key": "tk-1"}}),
        ("/open-apis/authen/v1/user_info", {"code": 0}),
    ],
    ids=["code", "person", "company", "nobody", "form"],
)
def test_what_it_refuses_signs_nobody_in(
    client: Client, feishu: Connection, party: Party, path: str, answer: object
) -> None:
    party.answers[path] = answer

    attempt(client, feishu, party)

    assert signed_in_as(client) is None
