"""One-time tickets: whom they speak for, for how long, and that nobody uses one twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, connections
from django.utils import timezone
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from oauth2_provider.models import get_access_token_model
from pytest_django import Settings

from apps.accounts.errors import ScopeInsufficient, TicketInvalid, TicketSpent, TokenInvalid
from apps.accounts.models import SpentTicket, User
from apps.accounts.policies import Access
from apps.accounts.services import create_user, deactivate_user, revoke_tokens
from apps.accounts.services.keys import ES256, keys
from apps.accounts.services.ticket_claims import LEEWAY_S, MAX_LIFETIME_S, OWN_AUDIENCE, SKEW_S, TYP
from apps.accounts.services.tickets import (
    SESSION,
    forget_ended,
    is_ticket,
    issue_ticket,
    open_session,
    read_ticket,
    spend_for_app,
    user_for_ticket,
)
from apps.accounts.services.tokens import checksum_of
from apps.common.errors import ImError, InvalidInput
from apps.tenants.models import Tenant
from apps.tenants.services import suspend_tenant
from tests.conftest import PASSWORD
from tests.rest_client import issue_token

WHOLE = Access(frozenset({"im"}), "imsite-web", "7", 0)
APP = "forms-app"
ISSUER = "https://im.example.com"


def make(
    user: User,
    *,
    audience: str = OWN_AUDIENCE,
    scopes: tuple[str, ...] = ("im",),
    at: datetime | None = None,
    lifetime_s: int = 60,
) -> str:
    now = at or timezone.now()
    return issue_ticket(
        user, WHOLE, issuer=ISSUER, audience=audience, scopes=scopes, lifetime_s=lifetime_s, now=now
    ).token


def now() -> datetime:
    return timezone.now()


class TestMaking:
    def test_a_ticket_speaks_for_whoever_asked(self, alice: User) -> None:
        at = datetime(2026, 5, 1, tzinfo=UTC)
        issued = issue_ticket(alice, WHOLE, issuer=ISSUER, audience=APP, scopes=["read"], lifetime_s=90, now=at)

        ticket = read_ticket(issued.token, audience=APP, now=at)

        assert (ticket.iss, ticket.sub, ticket.tenant, ticket.aud) == (ISSUER, alice.id, alice.tenant_id, APP)
        assert (ticket.scope, ticket.iat, ticket.nbf, ticket.exp - ticket.iat) == ("read", ticket.iat, ticket.iat, 90)
        assert issued.expires_ms == ticket.exp * 1000
        assert is_ticket(issued.token)

    def test_no_two_tickets_are_the_same(self, alice: User) -> None:
        at = now()

        first, second = (read_ticket(make(alice, at=at), audience=OWN_AUDIENCE, now=at) for _ in range(2))

        assert first.jti != second.jti

    @pytest.mark.parametrize("scopes", [frozenset({"orgs.people.view"}), frozenset[str](), frozenset({"openid"})])
    def test_a_program_with_less_than_everything_makes_none(self, alice: User, scopes: frozenset[str]) -> None:
        with pytest.raises(ScopeInsufficient):
            issue_ticket(
                alice,
                Access(scopes, "app", "7", 0),
                issuer=ISSUER,
                audience=APP,
                scopes=[],
                lifetime_s=60,
                now=now(),
            )

    def test_no_ticket_begets_another(self, alice: User) -> None:
        _user, access = user_for_ticket(make(alice), now=now())

        with pytest.raises(ScopeInsufficient):
            issue_ticket(alice, access, issuer=ISSUER, audience=APP, scopes=[], lifetime_s=60, now=now())

    @pytest.mark.parametrize(
        "wrong", [{"audience": ""}, {"scopes": ["x"]}, {"lifetime_s": MAX_LIFETIME_S + 1}, {"lifetime_s": 0}]
    )
    def test_what_does_not_fit_is_said(self, alice: User, wrong: dict[str, Any]) -> None:
        wanted: dict[str, Any] = {"audience": OWN_AUDIENCE, "scopes": ["im"], "lifetime_s": 60} | wrong

        with pytest.raises(InvalidInput):
            issue_ticket(alice, WHOLE, issuer=ISSUER, now=now(), **wanted)

    def test_an_access_token_is_no_ticket(self, alice: User) -> None:
        assert not is_ticket(issue_token(alice))


class TestOneRequest:
    def test_a_ticket_opens_what_it_says_and_once(self, alice: User) -> None:
        token = make(alice, scopes=("orgs.people.view",))

        user, access = user_for_ticket(token, now=now())

        assert user == alice
        assert (set(access.scopes), access.is_whole, access.client_id) == ({"orgs.people.view"}, False, "")
        with pytest.raises(TicketSpent):
            user_for_ticket(token, now=now())

    def test_a_ticket_for_a_light_app_does_not_open_imsite(self, alice: User) -> None:
        token = make(alice, audience=APP, scopes=("im",))

        with pytest.raises(TokenInvalid):
            user_for_ticket(token, now=now())
        assert not SpentTicket.unscoped.exists()

    def test_a_copy_that_shares_our_keys_under_another_name_does_not_believe_ours(
        self, alice: User, settings: Settings
    ) -> None:
        for_us, for_an_app = make(alice), make(alice, audience=APP)
        settings.ALLOWED_HOSTS = ["trial.example.com"]

        for use in (user_for_ticket, open_session):
            with pytest.raises(TokenInvalid):
                use(for_us, now=now())
        with pytest.raises(TicketInvalid):
            spend_for_app(for_an_app, tenant_id=alice.tenant_id, audience=APP, now=now())
        settings.ALLOWED_HOSTS = [".example.com"]
        assert user_for_ticket(for_us, now=now())[0] == alice

    def test_somebody_deactivated_has_no_use_of_it_though_no_token_was_ever_stored(self, alice: User) -> None:
        token = make(alice)
        deactivate_user(alice)

        with pytest.raises(TokenInvalid):
            user_for_ticket(token, now=now())

    def test_nor_have_people_of_a_suspended_tenant(self, tenant: Tenant, alice: User) -> None:
        token = make(alice)
        suspend_tenant(tenant)

        with pytest.raises(TokenInvalid):
            user_for_ticket(token, now=now())

    def test_nor_has_who_signed_out_since_everywhere(self, alice: User) -> None:
        token = make(alice)
        revoke_tokens(alice)

        with pytest.raises(TokenInvalid):
            user_for_ticket(token, now=now())
        later = now() + timedelta(seconds=2)
        assert user_for_ticket(make(alice, at=later), now=later)[0] == alice

    def test_nor_has_who_signed_out_in_the_very_second_it_was_made(self, alice: User) -> None:
        at = now().replace(microsecond=0)
        User.unscoped.filter(pk=alice.pk).update(signed_out_at=at)

        with pytest.raises(TokenInvalid):
            user_for_ticket(make(alice, at=at), now=at)

    def test_a_ticket_that_says_another_tenant_than_its_users_opens_nothing(
        self, alice: User, other_tenant: Tenant
    ) -> None:
        ticket = read_ticket(make(alice), audience=OWN_AUDIENCE, now=now())
        mixed = ticket.claims | {"tenant": str(other_tenant.id)}

        with pytest.raises(TokenInvalid):
            user_for_ticket(keys.sign(mixed, algorithm=ES256, typ=TYP), now=now())

    @pytest.mark.parametrize("ahead_s", [-SKEW_S, 0, SKEW_S])
    def test_clocks_may_differ_by_five_minutes_but_no_ticket_outlives_its_end(self, alice: User, ahead_s: int) -> None:
        issued_at = now() + timedelta(seconds=ahead_s)
        token = make(alice, at=issued_at, lifetime_s=60)
        is_over = ahead_s + 60 + LEEWAY_S <= 0

        if is_over:
            with pytest.raises(TokenInvalid):
                user_for_ticket(token, now=now())
        else:
            assert user_for_ticket(token, now=now())[0] == alice
        with pytest.raises(TokenInvalid):
            user_for_ticket(make(alice, at=issued_at), now=issued_at + timedelta(seconds=60 + LEEWAY_S + 1))

    def test_a_ticket_of_another_installation_opens_nothing(self, alice: User) -> None:
        theirs = JWK.generate(kty="EC", crv="P-256")
        claims = read_ticket(make(alice), audience=OWN_AUDIENCE, now=now()).claims
        token = JWS(str(claims))
        token.add_signature(theirs, ES256, protected=f'{{"alg":"ES256","kid":"{theirs.thumbprint()}","typ":"{TYP}"}}')

        with pytest.raises(TokenInvalid):
            user_for_ticket(token.serialize(compact=True), now=now())


class TestOneSession:
    def test_it_counts_as_an_access_token_from_then_on(self, alice: User) -> None:
        token, at = make(alice), now()

        open_session(token, now=at)

        row = get_access_token_model().objects.get(token_checksum=checksum_of(token))
        assert (row.user, row.scope, row.expires, row.token) == (alice, "im", at + SESSION, "")

    def test_nobody_opens_another_with_it_or_asks_anything_else(self, alice: User) -> None:
        token = make(alice)
        open_session(token, now=now())

        for use in (open_session, user_for_ticket):
            with pytest.raises(TicketSpent):
                use(token, now=now())
        assert get_access_token_model().objects.count() == 1

    def test_a_session_takes_the_whole(self, alice: User) -> None:
        with pytest.raises(TokenInvalid):
            open_session(make(alice, scopes=("orgs.people.view",)), now=now())
        assert not SpentTicket.unscoped.exists()


class TestForAnApp:
    def test_its_server_learns_once_who_came(self, alice: User) -> None:
        token = make(alice, audience=APP, scopes=("read",))

        user, ticket = spend_for_app(token, tenant_id=alice.tenant_id, audience=APP, now=now())

        assert (user, set(ticket.scopes)) == (alice, {"read"})
        with pytest.raises(TicketInvalid):
            spend_for_app(token, tenant_id=alice.tenant_id, audience=APP, now=now())

    def test_another_app_learns_nothing_and_spoils_nothing(self, alice: User) -> None:
        token = make(alice, audience=APP)

        with pytest.raises(TicketInvalid):
            spend_for_app(token, tenant_id=alice.tenant_id, audience="games-app", now=now())
        assert spend_for_app(token, tenant_id=alice.tenant_id, audience=APP, now=now())[0] == alice

    def test_an_app_of_another_tenant_learns_nothing(self, alice: User, other_tenant: Tenant) -> None:
        with pytest.raises(TicketInvalid):
            spend_for_app(make(alice, audience=APP), tenant_id=other_tenant.id, audience=APP, now=now())

    def test_no_app_gets_tickets_for_imsite_by_calling_itself_that(self, alice: User) -> None:
        with pytest.raises(TicketInvalid):
            spend_for_app(make(alice), tenant_id=alice.tenant_id, audience=OWN_AUDIENCE, now=now())


class TestForgetting:
    def spent(self, tenant: Tenant, *, ended_s: int) -> SpentTicket:
        at = now()
        return SpentTicket.unscoped.create(
            id=uuid4(),
            tenant=tenant,
            user_id=uuid4(),
            audience=OWN_AUDIENCE,
            spent_at=at,
            expires_at=at - timedelta(seconds=ended_s),
        )

    def test_a_use_forgets_those_that_no_clock_believes_any_more(self, tenant: Tenant, alice: User) -> None:
        kept = self.spent(tenant, ended_s=2 * SKEW_S + LEEWAY_S - 5)
        self.spent(tenant, ended_s=2 * SKEW_S + LEEWAY_S + 5)

        user_for_ticket(make(alice), now=now())

        assert SpentTicket.unscoped.count() == 2
        assert SpentTicket.unscoped.filter(pk=kept.pk).exists()

    def test_a_few_at_a_time_and_nobody_elses(self, tenant: Tenant, other_tenant: Tenant) -> None:
        for each in [tenant] * 21 + [other_tenant]:
            self.spent(each, ended_s=3600)

        assert [forget_ended(tenant.id, now=now()) for _ in range(3)] == [20, 1, 0]
        assert SpentTicket.unscoped.get().tenant == other_tenant


@pytest.mark.django_db(transaction=True)
class TestTwentyAtOnce:
    @pytest.fixture
    def dora(self) -> User:
        return create_user(Tenant.objects.create(slug="dora-co", name="D"), username="dora", password=PASSWORD)

    @pytest.mark.parametrize("use", [user_for_ticket, open_session])
    def test_exactly_one_wins(self, dora: User, use: Callable[..., object]) -> None:
        token = make(dora)

        def attempt(_number: int) -> str:
            try:
                use(token, now=now())
            except ImError as error:
                return error.code
            else:
                return "won"
            finally:
                connection.close()

        with ThreadPoolExecutor(20) as attackers:
            outcomes = sorted(attackers.map(attempt, range(20)))

        assert outcomes == ["ticket_spent"] * 19 + ["won"]

    def test_a_second_node_waits_for_the_first_and_then_refuses(self, dora: User) -> None:
        """Another program, with a connection of its own, has inserted the row and not committed yet."""
        token = make(dora)
        ticket = read_ticket(token, audience=OWN_AUDIENCE, now=now())
        settings = connections["default"].get_connection_params()
        names = ("host", "port", "user", "password", "dbname")
        other = psycopg.connect(**{name: settings[name] for name in names if settings.get(name)})
        try:
            other.execute(
                "INSERT INTO accounts_spentticket (id, tenant_id, user_id, audience, spent_at, expires_at)"
                " VALUES (%s, %s, %s, 'imsite', now(), now())",
                (ticket.jti, ticket.tenant, ticket.sub),
            )
            with ThreadPoolExecutor(1) as node:

                def use() -> str:
                    try:
                        user_for_ticket(token, now=now())
                    except TicketSpent as error:
                        return error.code
                    else:
                        return "won"
                    finally:
                        connection.close()

                asked = node.submit(use)
                other.commit()
                assert asked.result(timeout=60) == "ticket_spent"
        finally:
            other.close()
