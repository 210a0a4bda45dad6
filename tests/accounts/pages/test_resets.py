"""A forgotten password: one answer to everybody, one mail to the right one, one use of the link."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from apps.accounts.models import PasswordReset, User
from apps.accounts.services import resets
from apps.tenants.models import Tenant
from tests.accounts.factors import enter, set_policy
from tests.conftest import PASSWORD

ASK, SET = "/accounts/reset/", "/accounts/reset/set/"
FRESH = "a fresh passphrase"


@pytest.fixture(autouse=True)
def mailing(settings: Any) -> None:
    settings.IM_EMAIL_SITE = "https://im.example.com"


@pytest.fixture
def reachable(alice: User) -> User:
    User.objects.for_tenant(alice.tenant_id).filter(pk=alice.pk).update(email="alice@example.com")
    return alice


def ask(login: str, host: str = "testserver") -> str:
    html = Client().post(ASK, {"login": login}, headers={"host": host}).content.decode()
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html)


def sent_link() -> str:
    found = re.search(r"https://im\.example\.com(/accounts/reset/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found.group(1)


def test_a_link_comes_by_mail_and_sets_a_password(client: Client, reachable: User) -> None:
    elsewhere = Client()
    enter(elsewhere, reachable)
    ask("Alice@ACME")
    assert mail.outbox[0].to == ["alice@example.com"]

    assert client.get(sent_link()).headers["Location"] == SET
    assert client.post(SET, {"fresh": "short"}).status_code == 200
    assert client.post(SET, {"fresh": FRESH}).headers["Location"] == "/accounts/login/"

    assert elsewhere.get("/accounts/").status_code == 302
    assert enter(Client(), reachable, password=PASSWORD) == ""
    assert enter(Client(), reachable, password=FRESH) == "/chat/"


@pytest.mark.parametrize(
    ("own", "of_tenant", "of_page", "greeting"),
    [
        ("en", "zh-hans", "zh-hans", "Hello"),
        ("", "zh-hans", "en", "有人为"),
        ("", "", "zh-hans", "有人为"),
        ("", "", "en", "Hello"),
    ],
)
def test_the_mail_is_in_the_persons_language_as_far_as_it_is_known(
    reachable: User, own: str, of_tenant: str, of_page: str, greeting: str
) -> None:
    User.objects.for_tenant(reachable.tenant_id).filter(pk=reachable.pk).update(locale=own)
    Tenant.objects.filter(pk=reachable.tenant_id).update(settings={"locale": of_tenant} if of_tenant else {})

    Client().post(ASK, {"login": reachable.login}, headers={"accept-language": of_page})

    assert greeting in str(mail.outbox[-1].body)


def test_everybody_reads_the_same(reachable: User, bob: User) -> None:
    pages = {ask(login) for login in (reachable.login, bob.login, "nobody@acme", "no@where")}

    assert len(pages) == 1
    assert len(mail.outbox) == 1


def test_a_link_leads_to_the_site_of_the_settings_whatever_host_was_asked(reachable: User) -> None:
    ask(reachable.login, host="evil.test")

    assert "evil.test" not in mail.outbox[0].body


def test_it_is_good_once(reachable: User) -> None:
    ask(reachable.login)
    first, second = Client(), Client()
    for each in (first, second):
        each.get(sent_link())
    first.post(SET, {"fresh": FRESH})

    assert second.post(SET, {"fresh": "another passphrase"}).headers["Location"] == ASK


def test_a_newer_one_takes_its_place(client: Client, reachable: User) -> None:
    ask(reachable.login)
    old = sent_link()
    ask(reachable.login)
    client.get(old)

    assert client.get(SET).headers["Location"] == ASK


def test_it_gets_too_old(client: Client, reachable: User) -> None:
    ask(reachable.login)
    rows = PasswordReset.objects.for_tenant(reachable.tenant_id)
    rows.update(expires_at=rows.get().expires_at - resets.LIFETIME - timedelta(seconds=1))
    client.get(sent_link())

    assert client.get(SET).headers["Location"] == ASK


def test_one_may_ask_so_often(reachable: User) -> None:
    pages = [ask(reachable.login) for _ in range(resets.MAX_ASKED + 1)]

    assert "Too many" in pages[-1]
    assert len(mail.outbox) == resets.MAX_ASKED


def test_where_no_password_of_ours_signs_in_none_is_set(reachable: User) -> None:
    set_policy(reachable.tenant, allow_passwords=False)

    ask(reachable.login)

    assert mail.outbox == []


def test_without_mail_the_page_says_whom_to_ask(client: Client, reachable: User, settings: Any) -> None:
    settings.IM_EMAIL_SITE = ""

    assert "administrator" in client.get(ASK).content.decode()
    client.post(ASK, {"login": reachable.login})

    assert mail.outbox == []
