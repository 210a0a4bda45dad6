"""REST: tickets made, used for one request, and used up by a light app's server."""

import json
from typing import Any

import pytest
from jwcrypto.jwk import JWKSet
from jwcrypto.jwt import JWT
from oauth2_provider.models import get_access_token_model, get_application_model

from apps.accounts.models import SpentTicket, User
from apps.accounts.services import create_user
from apps.accounts.services.keys import keys
from apps.accounts.services.tokens import checksum_of
from apps.tenants.errors import WrongTenant
from apps.tenants.models import Tenant
from apps.tenants.resolution import HEADER
from tests.rest_client import RestClient, issue_token, signed_in

APP = "forms-app"


def ticket_of(user: User, **wanted: Any) -> str:
    answer = signed_in(user).post("/api/v1/tickets", {"audience": "imsite", "scopes": ["im"]} | wanted)
    assert answer.status == 201, answer
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.body["ticket"])


@pytest.fixture
def app_server(tenant: Tenant) -> RestClient:
    """The server of a light app, with a token of its service account."""
    bot = create_user(tenant, username="forms", password=None)
    User.unscoped.filter(pk=bot.pk).update(kind=User.Kind.SERVICE)
    return server_of(bot, APP)


def server_of(user: User, client_id: str) -> RestClient:
    application = get_application_model().objects.create(client_id=client_id, name=client_id)
    token = issue_token(user, scope="")
    get_access_token_model().objects.filter(token_checksum=checksum_of(token)).update(application=application)
    return RestClient(token)


class TestOneRequest:
    def test_a_ticket_opens_one_request_and_no_second(self, alice: User) -> None:
        program = RestClient(ticket_of(alice))

        first, second = program.get("/api/v1/me"), program.get("/api/v1/me")

        assert (first.status, first.body["login"]) == (200, "alice@acme")
        assert (second.status, second.code) == (401, "ticket_spent")

    def test_it_opens_no_more_than_its_units(self, alice: User) -> None:
        refused = RestClient(ticket_of(alice, scopes=["orgs.people.view"])).get("/api/v1/me")
        passed = RestClient(ticket_of(alice, scopes=["orgs.people.view"])).get("/api/v1/people")

        assert (refused.status, refused.code) == (403, "insufficient_scope")
        assert passed.status == 200

    def test_a_header_of_another_tenant_makes_it_no_other_tenants(self, alice: User, eve: User) -> None:
        answer = RestClient(ticket_of(alice)).get("/api/v1/me", **{HEADER: eve.tenant.slug})

        assert (answer.status, answer.code) == (WrongTenant.status, WrongTenant.code)

    def test_no_header_lets_it_act_as_somebody_else(self, alice: User, bob: User) -> None:
        for name in ("X-User", "X-Forwarded-User", "Remote-User", "X-On-Behalf-Of", "Impersonate-User"):
            answer = RestClient(ticket_of(alice)).get("/api/v1/me", **{name: str(bob.id)})

            assert answer.body["id"] == str(alice.id)

    def test_no_ticket_makes_another(self, alice: User) -> None:
        answer = RestClient(ticket_of(alice)).post("/api/v1/tickets", {"audience": APP})

        assert (answer.status, answer.code) == (403, "insufficient_scope")

    def test_a_program_that_was_granted_less_makes_none(self, alice: User) -> None:
        program = RestClient(issue_token(alice, scope="orgs.people.view openid"))

        answer = program.post("/api/v1/tickets", {"audience": APP})

        assert (answer.status, answer.code) == (403, "insufficient_scope")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"audience": ""},
            {"audience": "a b"},
            {"lifetime_s": 301},
            {"lifetime_s": 4},
            {"scopes": ["x"]},
            {"user": "x"},
        ],
    )
    def test_what_does_not_fit_is_said(self, alice: User, wrong: dict[str, Any]) -> None:
        answer = signed_in(alice).post("/api/v1/tickets", {"audience": "imsite", "scopes": ["im"]} | wrong)

        assert answer.status == 400

    def test_nobody_makes_one_without_signing_in(self, db: None) -> None:
        assert RestClient(None).post("/api/v1/tickets", {"audience": APP}).status == 401


class TestLightApps:
    def test_a_server_checks_a_ticket_by_the_public_keys_alone(self, alice: User) -> None:
        ticket = ticket_of(alice, audience="https://forms.example.com", scopes=["profile"], lifetime_s=120)
        published = JWKSet.from_json(json.dumps(keys.public_keys()))

        read = JWT(jwt=ticket, key=published, algs=["ES256"], check_claims={"aud": "https://forms.example.com"})

        assert json.loads(read.header)["typ"] == "imsite-ticket+jwt"
        claims = json.loads(read.claims)
        assert (claims["sub"], claims["iss"], claims["scope"]) == (str(alice.id), "http://testserver", "profile")
        assert claims["exp"] - claims["iat"] == 120

    def test_or_uses_it_up_at_imsite_and_learns_who_came_once(self, alice: User, app_server: RestClient) -> None:
        ticket = ticket_of(alice, audience=APP, scopes=["profile"])

        first = app_server.post("/api/v1/tickets/spend", {"ticket": ticket})
        second = app_server.post("/api/v1/tickets/spend", {"ticket": ticket})

        assert first.status == 200
        assert (first.body["user"], first.body["login"], first.body["scopes"]) == (
            str(alice.id),
            "alice@acme",
            ["profile"],
        )
        assert first.headers["Cache-Control"] == "no-store"
        assert (second.status, second.code) == (400, "ticket_invalid")

    @pytest.mark.parametrize("audience", ["imsite", "games-app"])
    def test_it_uses_up_no_others(self, alice: User, app_server: RestClient, audience: str) -> None:
        ticket = ticket_of(alice, audience=audience)

        answer = app_server.post("/api/v1/tickets/spend", {"ticket": ticket})

        assert (answer.status, answer.code) == (400, "ticket_invalid")
        assert not SpentTicket.unscoped.exists()

    def test_a_server_of_another_tenant_learns_nothing(self, alice: User, eve: User) -> None:
        User.unscoped.filter(pk=eve.pk).update(kind=User.Kind.SERVICE)
        theirs = server_of(eve, APP)

        answer = theirs.post("/api/v1/tickets/spend", {"ticket": ticket_of(alice, audience=APP)})

        assert (answer.status, answer.code) == (400, "ticket_invalid")

    def test_people_use_up_nobodys_tickets_whatever_their_program_is_called(self, alice: User, bob: User) -> None:
        answer = server_of(bob, APP).post("/api/v1/tickets/spend", {"ticket": ticket_of(alice, audience=APP)})

        assert (answer.status, answer.code) == (403, "insufficient_scope")

    @pytest.mark.parametrize("text", ["x", "a.b.c", "6f1c0f6e-3a55-4a51-8d5e-1d1d34a0f1aa"])
    def test_what_is_no_ticket_is_refused(self, app_server: RestClient, text: str) -> None:
        answer = app_server.post("/api/v1/tickets/spend", {"ticket": text})

        assert (answer.status, answer.code) == (400, "ticket_invalid")
