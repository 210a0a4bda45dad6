"""What somebody reads who is turned away: what to do next, in her language, and nothing about who else is here."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.models import Grant
from apps.access.roles import SYSTEM_ADMIN
from apps.access.scopes import SYSTEM
from apps.accounts.models import User
from apps.identity.models import Connection, Link
from apps.tenants.models import Tenant
from tests.identity.conftest import came_back, left, signed_in_as
from tests.identity.parties import Party

PROVEN = {"email": "alice@acme.test", "email_verified": True}


@dataclass(frozen=True)
class Case:
    """Somebody is turned away. `query` is what she comes back with in place of a code."""

    english: str
    chinese: str
    connection: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    happens: Callable[[User, Connection, Callable[..., Link]], object] = lambda alice, oidc, link: None


def fill_up(alice: User, oidc: Connection, link: Callable[..., Link]) -> None:
    alice.tenant.users_max = 1
    alice.tenant.save(update_fields=["users_max"])


def switch_off(alice: User, oidc: Connection, link: Callable[..., Link]) -> None:
    link(oidc, alice, "sub-1")
    alice.is_active = False
    alice.save(update_fields=["is_active"])


def make_mighty(alice: User, oidc: Connection, link: Callable[..., Link]) -> None:
    link(oidc, alice, "sub-1")
    Grant(tenant_id=alice.tenant_id, user_id=alice.id, role=SYSTEM_ADMIN, scope=SYSTEM.path, is_of_system=True).save(
        force_insert=True
    )


def unset(alice: User, oidc: Connection, link: Callable[..., Link]) -> None:
    oidc.config = {"issuer": "https://secret-name.internal"}
    oidc.save(update_fields=["config"])


CREATE = {"provisioning": "create"}
CASES = {
    "stopped there": Case("was cancelled", "已取消", query={"error": "access_denied"}),
    "the provider fails": Case("Try again, or sign in another way", "请重试", query={"error": "server_error"}),
    "nobody is made": Case("opens nothing here. Ask your administrator", "没有访问权限，请联系管理员"),
    "another domain": Case(
        "opens nothing here. Ask your administrator",
        "没有访问权限，请联系管理员",
        connection={**CREATE, "email_domains": ["other.test"]},
        userinfo=PROVEN,
    ),
    "the address of somebody": Case("then link", "然后在账号中关联", connection=CREATE, userinfo=PROVEN),
    "no room": Case("No account could be made", "请联系管理员", connection=CREATE, happens=fill_up),
    "switched off": Case("This account can't sign in here. Ask", "不能在这里登录，请联系", happens=switch_off),
    "powers beyond the tenant": Case("Sign in another way, or ask", "或联系管理员", happens=make_mighty),
    "not set up": Case("not set up yet. Sign in another way", "尚未配置完成", happens=unset),
}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_whoever_is_turned_away_reads_what_to_do_next(
    oidc: Connection, alice: User, bob: User, party: Party, link: Callable[..., Link], case: Case, language: str
) -> None:
    alice.email = "alice@acme.test"
    alice.save(update_fields=["email"])
    Connection.unscoped.filter(pk=oidc.pk).update(**case.connection)
    party.userinfo = case.userinfo
    client = Client(headers={"accept-language": language})
    where = left(client, oidc)
    case.happens(alice, oidc, link)

    query = case.query or {"code": party.issue_code(where)[0]}
    response = came_back(client, oidc, **query, state=party.issue_code(where)[1])
    said = notice(client.get(response.headers["Location"]).content.decode())

    assert signed_in_as(client) is None
    assert (case.english if language == "en" else case.chinese) in said
    assert not [secret for secret in ("alice", "Alice", "bob", "secret-name", "client_id", "1 ") if secret in said]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_connection_of_another_tenant_is_as_one_that_is_not_there(
    oidc: Connection, eve: User, other_tenant: Tenant, language: str
) -> None:
    client = Client(headers={"accept-language": language})
    client.force_login(eve)
    answers = [
        client.get(reverse(name, args=[key]))
        for name in ("identity-start", "identity-callback")
        for key in (oidc.pk, eve.pk)
    ]

    pages = {re.sub(r"nonce[-=]\"?[\w+/=-]+|[0-9a-f-]{36}", "", answer.content.decode()) for answer in answers}

    assert [answer.status_code for answer in answers] == [404] * 4
    assert len(pages) == 1


def notice(page: str) -> str:
    """The one thing that the page says to her."""
    [said] = re.findall(r'<p class="notice[^"]*" role="alert">(.*?)</p>', page)
    return unescape(said)
