"""DingTalk, played after its documentation."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.identity.models import Connection
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect, left, signed_in_as
from tests.identity.parties import Party
from tests.identity.providers.chinese import attempt


@pytest.fixture
def dingtalk(connect: Connect, tenant: Tenant, party: Party) -> Connection:
    config = {"client_id": "ding1", "corp_id": "corp-1", "login_url": party.base, "api_url": party.base}
    party.userinfo = {"openId": "o-1", "nick": "李四", "email": "li@acme.test"}
    return connect(tenant, "dingtalk", secret="s3", config=config, provisioning="create")


def test_somebody_of_the_company_comes_in_with_its_own_name_for_the_code(
    client: Client, dingtalk: Connection, party: Party
) -> None:
    location = left(client, dingtalk)

    attempt(client, dingtalk, party, code_name="authCode")

    assert location.startswith(f"{party.base}/oauth2/auth?")
    assert "corpid" in location
    made = User.unscoped.get(pk=signed_in_as(client))
    assert (made.display_name, made.email) == ("李四", "")


def test_somebody_of_another_company_does_not(client: Client, dingtalk: Connection, party: Party) -> None:
    party.claims = {"corpId": "corp-2"}

    attempt(client, dingtalk, party, code_name="authCode")

    assert signed_in_as(client) is None
