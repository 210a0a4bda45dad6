"""WeChat, played after its documentation."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.identity.models import Connection
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect, left, signed_in_as
from tests.identity.parties import Party
from tests.identity.providers.chinese import attempt


@pytest.fixture
def weixin(connect: Connect, tenant: Tenant, party: Party) -> Connection:
    config = {"client_id": "wx1", "login_url": party.base, "api_url": party.base}
    party.userinfo = {"nickname": "赵六"}
    return connect(tenant, "weixin", secret="s3", config=config, provisioning="create")


def test_somebody_comes_in_under_her_chinese_name(client: Client, weixin: Connection, party: Party) -> None:
    location = left(client, weixin)

    attempt(client, weixin, party)

    assert location.startswith(f"{party.base}/connect/qrconnect?appid=wx1")
    assert User.unscoped.get(pk=signed_in_as(client)).display_name == "赵六"


@pytest.mark.parametrize("answer", [{"errcode": 40003}, {"openid": "wx-2"}], ids=["refused", "somebody else"])
def test_what_it_refuses_signs_nobody_in(client: Client, weixin: Connection, party: Party, answer: object) -> None:
    party.answers["/sns/userinfo"] = answer

    attempt(client, weixin, party)

    assert signed_in_as(client) is None
