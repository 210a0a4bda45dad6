"""Passkeys by the pages' own endpoints, with an authenticator in software that can be made to lie."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Passkey, User
from apps.accounts.pages.passkeys import MAX_BODY_BYTES
from apps.accounts.services import deactivate_user, passkeys
from apps.audit.models import Entry
from tests.accounts.authenticator import PRESENT, Authenticator
from tests.accounts.factors import enter, set_policy

CHALLENGE, ANSWER = "/accounts/passkeys/challenge/", "/accounts/passkeys/answer/"


def post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def register(client: Client, device: Authenticator, purpose: str = "register") -> Any:
    options = post(client, CHALLENGE, {"purpose": purpose}).json()
    return post(client, ANSWER, {"purpose": purpose, "credential": device.create(options), "name": "Laptop"})


def use(client: Client, device: Authenticator, purpose: str = "sign_in", following: str = "") -> Any:
    options = post(client, CHALLENGE, {"purpose": purpose}).json()
    return post(client, ANSWER, {"purpose": purpose, "credential": device.get(options), "next": following})


@pytest.fixture
def device(alice: User) -> Authenticator:
    """Alice's, registered."""
    made, browser = Authenticator(), Client()
    enter(browser, alice)
    assert register(browser, made).json() == {"next": "/accounts/factors/"}
    return made


def test_a_passkey_signs_in_without_a_password_or_another_factor(
    client: Client, alice: User, device: Authenticator
) -> None:
    answer = use(client, device, following="/accounts/")

    assert answer.json() == {"next": "/accounts/"}
    assert client.get("/accounts/").context["person"] == alice
    assert client.session["amr"] == ["hwk", "mfa"]
    actions = Entry.objects.for_tenant(alice.tenant_id).values_list("action", flat=True)
    assert {"accounts.passkey.added", "accounts.user.signed_in"} <= set(actions)


def test_a_key_of_a_session_that_somebody_planted_opens_nothing(
    client: Client, alice: User, device: Authenticator
) -> None:
    client.session.save()
    planted = client.session.session_key or ""
    client.cookies["sessionid"] = planted

    use(client, device)

    thief = Client()
    thief.cookies["sessionid"] = planted
    assert client.get("/accounts/").context["person"] == alice
    assert thief.get("/accounts/").status_code == 302


def test_it_is_a_second_factor_after_a_password(client: Client, alice: User, device: Authenticator) -> None:
    assert enter(client, alice) == "/accounts/second-factor/"

    assert use(client, device, "factor").json() == {"next": "/chat/"}

    assert client.session["amr"] == ["hwk", "mfa", "pwd"]


def test_of_somebody_else_it_is_none(client: Client, alice: User, bob: User, device: Authenticator) -> None:
    other, browser = Authenticator(), Client()
    enter(browser, bob)
    register(browser, other)
    enter(client, alice)

    assert use(client, other, "factor").json()["code"] == "proof_wrong"


def test_it_confirms_who_one_is(client: Client, alice: User, device: Authenticator) -> None:
    use(client, device)
    session = client.session
    session["signed_in_at"] = 0
    session.save()
    assert post(client, CHALLENGE, {"purpose": "register"}).status_code == 403

    assert use(client, device, "confirm", "/accounts/factors/").json() == {"next": "/accounts/factors/"}

    assert post(client, CHALLENGE, {"purpose": "register"}).status_code == 200


def test_a_demanded_factor_may_be_one(client: Client, alice: User) -> None:
    set_policy(alice.tenant, second_factor="everyone")
    enter(client, alice)

    assert register(client, Authenticator(), "enrol").json() == {"next": "/chat/"}

    assert client.session["amr"] == ["hwk", "mfa", "pwd"]


class TestLies:
    """What an authenticator, or a page in between, may not get away with."""

    def test_another_origin(self, client: Client, device: Authenticator) -> None:
        device.origin = "http://testserver.evil.test"
        assert use(client, device).json()["code"] == "proof_wrong"

    def test_another_host(self, client: Client, device: Authenticator) -> None:
        device.host = "evil.test"
        assert use(client, device).json()["code"] == "proof_wrong"

    def test_another_host_of_ours_than_it_was_made_for(self, device: Authenticator) -> None:
        device.host, device.origin = "localhost", "http://localhost"
        assert use(Client(headers={"host": "localhost"}), device).json()["code"] == "proof_wrong"

    def test_nobody_was_verified(self, client: Client, device: Authenticator) -> None:
        device.flags = PRESENT
        assert use(client, device).json()["code"] == "proof_wrong"

    def test_nobody_was_verified_when_it_was_made(self, client: Client, alice: User) -> None:
        made = Authenticator()
        made.flags = PRESENT
        enter(client, alice)
        assert register(client, made).json()["code"] == "proof_wrong"
        assert not Passkey.objects.for_tenant(alice.tenant_id).exists()

    def test_another_key(self, client: Client, device: Authenticator) -> None:
        device.key = Authenticator().key
        assert use(client, device).json()["code"] == "proof_wrong"

    def test_another_persons_handle(self, client: Client, device: Authenticator, bob: User) -> None:
        device.handle = bob.pk.bytes
        assert use(client, device).json()["code"] == "proof_wrong"

    def test_an_unknown_key(self, client: Client, alice: User) -> None:
        stranger = Authenticator()
        stranger.handle = alice.pk.bytes
        assert use(client, stranger).json()["code"] == "proof_wrong"

    def test_a_counter_that_goes_back(self, client: Client, device: Authenticator) -> None:
        device.count = 7
        assert "next" in use(client, device).json()
        device.count = 6
        assert use(Client(), device).json()["code"] == "proof_wrong"

    def test_an_answer_given_twice(self, client: Client, device: Authenticator) -> None:
        options = post(client, CHALLENGE, {"purpose": "sign_in"}).json()
        body = {"purpose": "sign_in", "credential": device.get(options)}
        session = dict(client.cookies)
        assert "next" in post(client, ANSWER, body).json()
        assert post(client, ANSWER, body).json()["code"] == "proof_wrong"
        again = Client()
        again.cookies.update(session)
        assert post(again, ANSWER, body).json()["code"] == "proof_wrong"

    def test_a_challenge_for_something_else(self, client: Client, alice: User, device: Authenticator) -> None:
        enter(client, alice)
        options = post(client, CHALLENGE, {"purpose": "factor"}).json()
        body = {"purpose": "sign_in", "credential": device.get(options)}
        assert post(client, ANSWER, body).json()["code"] == "proof_wrong"

    def test_no_challenge(self, client: Client, device: Authenticator) -> None:
        body = {"purpose": "sign_in", "credential": device.get({"challenge": "AAAA"})}
        assert post(client, ANSWER, body).json()["code"] == "proof_wrong"

    @pytest.mark.parametrize(
        "credential", [{}, {"id": "x"}, {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}]
    )
    def test_nonsense(self, client: Client, db: None, credential: dict[str, Any]) -> None:
        post(client, CHALLENGE, {"purpose": "sign_in"})
        answer = post(client, ANSWER, {"purpose": "sign_in", "credential": credential})
        assert (answer.status_code, answer.json()["code"]) == (400, "proof_wrong")

    def test_a_made_up_passkey_of_a_wrong_challenge(self, client: Client, alice: User) -> None:
        enter(client, alice)
        options = post(client, CHALLENGE, {"purpose": "register"}).json()
        credential = Authenticator().create({**options, "challenge": "AAAA"})
        answer = post(client, ANSWER, {"purpose": "register", "credential": credential})
        assert answer.json()["code"] == "proof_wrong"
        assert not Passkey.objects.for_tenant(alice.tenant_id).exists()


def test_somebody_switched_off_stays_out(client: Client, alice: User, device: Authenticator) -> None:
    deactivate_user(alice)

    assert use(client, device).json()["code"] == "sign_in_refused"


def test_the_same_authenticator_is_registered_once(alice: User, bob: User, device: Authenticator) -> None:
    browser = Client()
    enter(browser, bob)

    assert register(browser, device).json()["code"] == "proof_wrong"


def test_there_are_only_so_many(
    client: Client, alice: User, device: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passkeys, "MAX_EACH", 1)
    use(client, device)

    assert post(client, CHALLENGE, {"purpose": "register"}).json()["code"] == "too_many_passkeys"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"purpose": 3}', b'{"purpose": "x"}', b" " * (MAX_BODY_BYTES + 1)]
)
def test_other_bodies_are_refused(client: Client, db: None, body: bytes) -> None:
    answer = client.post(CHALLENGE, body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


def test_only_who_is_on_her_way_in_gets_a_challenge_for_that(client: Client, db: None) -> None:
    answers = [post(client, CHALLENGE, {"purpose": purpose}) for purpose in ("factor", "enrol", "confirm", "register")]

    assert [answer.json()["code"] for answer in answers] == ["sign_in_expired"] * 4


def test_it_takes_the_token_of_a_page(db: None) -> None:
    assert post(Client(enforce_csrf_checks=True), CHALLENGE, {"purpose": "sign_in"}).status_code == 403


def test_one_of_hers_is_removed_by_herself_alone(client: Client, alice: User, bob: User, device: Authenticator) -> None:
    row = Passkey.objects.for_tenant(alice.tenant_id).get()
    path = f"/accounts/factors/passkeys/{row.pk}/remove/"
    enter(client, bob)
    assert client.post(path).status_code == 404
    hers = Client()
    use(hers, device)

    assert hers.post(path).headers["Location"] == "/accounts/factors/"

    assert not passkeys.remove(alice, row.pk, now=timezone.now())
    assert use(Client(), device).json()["code"] == "proof_wrong"
