"""WeCom, played after its documentation."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.identity.models import Connection
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect, left, signed_in_as
from tests.identity.parties import Party
from tests.identity.providers.chinese import attempt


@pytest.fixture
def wecom(connect: Connect, tenant: Tenant, party: Party) -> Connection:
    config = {"client_id": "ww1", "agent_id": "1000002", "login_url": party.base, "api_url": party.base}
    party.claims = {"userid": "WangWu"}
    party.userinfo = {"userid": "WangWu", "name": "王五", "biz_mail": "wang@acme.test"}
    return connect(tenant, "wecom", secret="s3", config=config, provisioning="create")


def test_people_are_sent_to_the_companys_application(client: Client, wecom: Connection, party: Party) -> None:
    location = left(client, wecom)

    asked = parse_qs(urlsplit(location).query)
    assert location.startswith(f"{party.base}/wwlogin/sso/login?")
    assert (asked["login_type"], asked["appid"], asked["agentid"]) == (["CorpApp"], ["ww1"], ["1000002"])


def test_a_member_comes_in_and_the_applications_token_is_asked_for_once(
    client: Client, wecom: Connection, party: Party
) -> None:
    attempt(client, wecom, party)
    attempt(Client(), wecom, party)

    made = User.unscoped.get(pk=signed_in_as(client))
    assert (made.username, made.display_name, made.email) == ("wangwu", "王五", "wang@acme.test")
    assert len([path for path, _headers, _body in party.asked if path.startswith("/cgi-bin/gettoken")]) == 1


def test_a_member_comes_in_where_the_company_tells_no_more(client: Client, wecom: Connection, party: Party) -> None:
    party.answers["/cgi-bin/user/get"] = {"errcode": 60011, "errmsg": "no privilege"}

    attempt(client, wecom, party)

    assert User.unscoped.get(pk=signed_in_as(client)).display_name == "WangWu"


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/cgi-bin/gettoken", {"errcode": 40001}),
        ("/cgi-bin/auth/getuserinfo", {"errcode": 40029}),
        ("/cgi-bin/auth/getuserinfo", {"errcode": 0, "openid": "stranger"}),
    ],
    ids=["secret", "code", "stranger"],
)
def test_what_it_refuses_signs_nobody_in(
    client: Client, wecom: Connection, party: Party, path: str, answer: object
) -> None:
    party.answers[path] = answer

    attempt(client, wecom, party)

    assert signed_in_as(client) is None
