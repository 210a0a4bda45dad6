"""The door for people: one answer to every wrong try, one key per session, and a second factor where there is one."""

import re
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Passkey, User
from apps.accounts.services import deactivate_user, entry, recovery
from apps.accounts.services.known_browsers import COOKIE
from apps.accounts.ways import WayIn
from apps.audit.models import Entry
from apps.tenants.models import Tenant
from tests.accounts.factors import code_now, enter, set_policy, with_codes, wrong_code
from tests.conftest import PASSWORD

LOGIN = "/accounts/login/"
FACTOR = "/accounts/second-factor/"
CONFIRM = "/accounts/confirm/"


def is_in(client: Client) -> bool:
    return client.get("/accounts/").status_code == 200


def actions(user: User) -> list[str]:
    return list(Entry.objects.for_tenant(user.tenant_id).order_by("at", "id").values_list("action", flat=True))


class TestPassword:
    def test_leads_on_and_is_written_down(self, client: Client, alice: User) -> None:
        assert enter(client, alice, following="/accounts/") == "/accounts/"

        assert is_in(client)
        assert actions(alice) == ["accounts.user.signed_in"]
        assert client.session["method"] == "password"
        assert client.session["amr"] == ["pwd"]

    def test_a_key_that_somebody_planted_opens_nothing(self, client: Client, alice: User) -> None:
        client.session.save()
        planted = client.session.session_key or ""
        client.cookies["sessionid"] = planted

        enter(client, alice)

        assert client.session.session_key != planted
        thief = Client()
        thief.cookies["sessionid"] = planted
        assert not is_in(thief)

    def test_a_key_that_somebody_saw_between_the_factors_opens_nothing(self, client: Client, alice: User) -> None:
        secret = with_codes(alice)
        client.session.save()
        seen = [client.session.session_key or ""]
        client.cookies["sessionid"] = seen[0]

        enter(client, alice)
        seen.append(client.session.session_key or "")
        client.post(FACTOR, {"code": code_now(secret)})

        assert is_in(client)
        assert len({*seen, client.session.session_key}) == 3
        for key in seen:
            thief = Client()
            thief.cookies["sessionid"] = key
            assert not is_in(thief)

    def test_needs_the_token_of_the_form(self, alice: User) -> None:
        strict = Client(enforce_csrf_checks=True)

        answer = strict.post(LOGIN, {"username": alice.login, "password": PASSWORD})

        assert answer.status_code == 403

    def test_every_wrong_try_reads_the_same(self, alice: User, bob: User, eve: User) -> None:
        deactivate_user(bob)
        tries = [(alice.login, "wrong"), ("nobody@acme", "wrong"), ("nobody@nowhere", PASSWORD), (bob.login, PASSWORD)]

        pages = {self.answer(login, password) for login, password in tries}

        assert len(pages) == 1

    def test_every_try_costs_one_hash(self, alice: User, bob: User) -> None:
        deactivate_user(bob)
        tries = [(alice.login, "wrong"), ("nobody@acme", "wrong"), ("no@where", "wrong"), (bob.login, "wrong")]

        costs = [self.hashes(login, password) for login, password in tries]

        assert costs == [1, 1, 1, 1]

    def test_one_of_another_tenants_browser_still_signs_in(self, client: Client, alice: User, eve: User) -> None:
        enter(client, eve)

        assert enter(client, alice) == "/chat/"

        assert client.get("/accounts/").context["person"] == alice

    def test_a_tenant_without_passwords_refuses_the_right_one_in_the_same_words(self, alice: User) -> None:
        before = self.answer(alice.login, "wrong")
        set_policy(alice.tenant, allow_passwords=False)

        assert self.answer(alice.login, PASSWORD) == before

    def test_a_password_that_is_too_old_is_changed_on_the_way_in(self, client: Client, alice: User) -> None:
        set_policy(alice.tenant, password_max_age_days=30)
        User.objects.for_tenant(alice.tenant_id).update(password_set_at="2020-01-01T00:00Z")

        assert enter(client, alice) == "/accounts/renew/"
        assert not is_in(client)
        assert "password" in client.post("/accounts/renew/", {"fresh": "x"}).content.decode()
        assert client.post("/accounts/renew/", {"fresh": "a fresh passphrase"}).headers["Location"] == "/chat/"

        assert is_in(client)
        assert enter(Client(), alice, password="a fresh passphrase") == "/chat/"

    @staticmethod
    def answer(login: str, password: str) -> str:
        page = Client().post(LOGIN, {"username": login, "password": password})
        assert page.status_code == 200
        html = page.content.decode().replace(f'value="{login}"', 'value="X"')
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html)

    @staticmethod
    def hashes(login: str, password: str) -> int:
        with patch("django.contrib.auth.hashers.MD5PasswordHasher.encode", autospec=True) as encode:
            encode.return_value = "md5$x$y"
            Client().post(LOGIN, {"username": login, "password": password})
        return encode.call_count


class TestWays:
    def test_of_the_tenant_that_was_asked_for_are_shown(
        self, client: Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lookup(asked: Tenant | None) -> list[WayIn]:
            return [WayIn("Acme's own", "/somewhere/")] if asked == tenant else []

        monkeypatch.setattr("apps.accounts.ways._lookups", [lookup])

        assert "Acme&#x27;s own" in client.get(f"{LOGIN}?tenant=Acme").content.decode()
        assert "/somewhere/" not in client.get(LOGIN).content.decode()

    def test_a_company_that_there_is_not_is_asked_for_again(self, client: Client, tenant: Tenant) -> None:
        page = client.get(f"{LOGIN}?tenant=%3Cnobody").content.decode()

        assert "There is no company of this name here." in page
        assert 'name="tenant" value="&lt;nobody"' in page
        assert "There is no company" not in client.get(f"{LOGIN}?tenant=acme").content.decode()
        assert "There is no company" not in client.get(LOGIN).content.decode()

    def test_a_short_name_signs_in_at_its_tenants_page(self, client: Client, alice: User) -> None:
        answer = client.post(LOGIN, {"username": "alice", "password": PASSWORD, "tenant": "acme"})

        assert answer.status_code == 302


class TestSecondFactor:
    def test_nobody_is_in_before_it(self, client: Client, alice: User) -> None:
        secret = with_codes(alice)

        assert enter(client, alice, following="/accounts/") == FACTOR
        before = client.session.session_key
        assert not is_in(client)
        assert client.post(FACTOR, {"code": code_now(secret)}).headers["Location"] == "/accounts/"

        assert is_in(client)
        assert client.session.session_key != before
        assert client.session["amr"] == ["mfa", "otp", "pwd"]

    def test_whoever_was_signed_in_there_before_is_so_no_more(self, client: Client, alice: User, bob: User) -> None:
        with_codes(alice)
        enter(client, bob)
        assert is_in(client)

        enter(client, alice)

        assert not is_in(client)

    def test_is_over_once_she_is_in(self, client: Client, alice: User) -> None:
        secret = with_codes(alice)
        enter(client, alice)

        client.post(FACTOR, {"code": code_now(secret)})

        assert is_in(client)
        assert client.post(FACTOR, {"code": code_now(secret)}).headers["Location"].startswith(LOGIN)

    def test_a_code_is_good_once(self, client: Client, alice: User) -> None:
        secret = with_codes(alice)
        code = code_now(secret)
        enter(client, alice)
        client.post(FACTOR, {"code": code})

        other = Client()
        enter(other, alice)
        other.post(FACTOR, {"code": code})

        assert not is_in(other)

    def test_a_recovery_code_stands_in_for_it_once(self, alice: User) -> None:
        with_codes(alice)
        code = recovery.issue(alice, now=timezone.now())[0]
        first, second = Client(), Client()
        for each in (first, second):
            enter(each, alice)
            each.post(FACTOR, {"code": code.upper()})

        assert [is_in(first), is_in(second)] == [True, False]

    @pytest.mark.parametrize(("proof", "asked"), [("app", "Code"), ("passkey", "Recovery code")])
    def test_asks_for_what_the_person_has(self, client: Client, alice: User, proof: str, asked: str) -> None:
        if proof == "app":
            with_codes(alice)
        else:
            Passkey.unscoped.create(
                tenant_id=alice.tenant_id, user=alice, credential_id=b"1", public_key=b"2", host="im.test", name="Key"
            )
        enter(client, alice)

        assert f'<label for="id_code">{asked}</label>' in client.get(FACTOR).content.decode()

    def test_after_some_wrong_codes_one_begins_anew(self, client: Client, alice: User) -> None:
        secret = with_codes(alice)
        enter(client, alice)

        answers = [client.post(FACTOR, {"code": wrong_code(secret)}) for _ in range(entry.MAX_TRIES)]

        assert [answer.status_code for answer in answers] == [200] * (entry.MAX_TRIES - 1) + [302]
        assert client.get(FACTOR).headers["Location"] == LOGIN
        assert "accounts.user.sign_in_failed" in actions(alice)

    def test_beginning_anew_does_not_begin_counting_anew(self, alice: User) -> None:
        set_policy(alice.tenant, lock_after=3)
        secret = with_codes(alice)
        for _ in range(3):
            other = Client()
            enter(other, alice)
            other.post(FACTOR, {"code": wrong_code(secret)})

        last = Client()
        enter(last, alice)
        answer = last.post(FACTOR, {"code": code_now(secret)})

        assert "Too many failed" in answer.content.decode()
        assert not is_in(last)

    def test_is_asked_of_nobody_without_a_first(self, client: Client, alice: User) -> None:
        with_codes(alice)

        assert client.post(FACTOR, {"code": "123456"}).headers["Location"] == LOGIN

    def test_a_tenant_that_demands_one_has_it_set_up_on_the_way_in(self, client: Client, alice: User) -> None:
        set_policy(alice.tenant, second_factor="everyone")

        assert enter(client, alice) == "/accounts/enrol/"
        secret = client.get("/accounts/enrol/").context["secret"]
        assert client.post("/accounts/enrol/", {"code": wrong_code(secret)}).status_code == 200
        assert not is_in(client)
        client.post("/accounts/enrol/", {"code": code_now(secret)})

        assert is_in(client)
        assert enter(Client(), alice) == FACTOR


class TestConfirming:
    @pytest.fixture
    def stale(self, client: Client, alice: User) -> Client:
        enter(client, alice)
        session = client.session
        session["signed_in_at"] = 0
        session.save()
        return client

    def test_by_password_makes_a_session_recent(self, stale: Client) -> None:
        assert stale.get("/accounts/factors/codes/").headers["Location"].startswith(CONFIRM)
        refused = stale.post(CONFIRM, {"password": "wrong", "next": "/accounts/"})
        assert refused.context["form"].errors["password"] == ["That is not your password."]
        assert stale.post(CONFIRM, {"password": PASSWORD, "next": "/accounts/"}).headers["Location"] == "/accounts/"

        assert stale.get("/accounts/factors/codes/").status_code == 200

    def test_who_has_an_app_shows_its_code(self, stale: Client, alice: User) -> None:
        secret = with_codes(alice)

        assert stale.post(CONFIRM, {"password": PASSWORD}).status_code == 200
        assert stale.post(CONFIRM, {"code": code_now(secret), "next": "//evil.test/"}).headers["Location"] == "/chat/"

    def test_is_slowed_down_too(self, stale: Client, alice: User) -> None:
        set_policy(alice.tenant, lock_after=3)

        for _ in range(3):
            stale.post(CONFIRM, {"password": "wrong"})

        assert "Too many failed" in stale.post(CONFIRM, {"password": PASSWORD}).content.decode()


def test_a_browser_is_known_once_somebody_signed_in_there(client: Client, alice: User) -> None:
    enter(client, alice, password="wrong")
    assert COOKIE not in client.cookies

    enter(client, alice)

    assert client.cookies[COOKIE]["httponly"]
