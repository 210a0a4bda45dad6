"""What a ticket may say, and when it is believed."""

from typing import Any
from uuid import UUID

import pytest

from apps.access.units import all_units
from apps.accounts.errors import TokenInvalid
from apps.accounts.models.tickets import MAX_AUDIENCE_CHARS
from apps.accounts.services.ticket_claims import (
    LEEWAY_S,
    MAX_LIFETIME_S,
    MAX_SCOPE_CHARS,
    MAX_SCOPES,
    MIN_LIFETIME_S,
    OWN_AUDIENCE,
    SKEW_S,
    Ticket,
    clean_audience,
    clean_lifetime,
    clean_scopes,
    is_issued_here,
    read_claims,
)
from apps.common.errors import InvalidInput

NOW_S = 1_800_000_000
APP = "https://forms.example.com"
HOSTS = ["im.example.com"]


def ticket(*, iat: int = NOW_S, nbf: int | None = None, lifetime_s: int = 60, aud: str = APP) -> Ticket:
    begins = iat if nbf is None else nbf
    return Ticket(
        iss="https://im.example.com",
        sub=UUID(int=1),
        tenant=UUID(int=2),
        aud=aud,
        jti=UUID(int=3),
        scope="im orgs.people.view",
        iat=iat,
        nbf=begins,
        exp=iat + lifetime_s,
    )


def claims(**changes: Any) -> dict[str, Any]:
    return ticket().claims | changes


class TestIssuers:
    @pytest.mark.parametrize(
        "issuer",
        ["https://im.example.com", "http://im.example.com:8000", "https://IM.example.com", "https://a.acme.example"],
    )
    def test_each_name_of_the_installation_is_one(self, issuer: str) -> None:
        assert is_issued_here(issuer, hosts=[*HOSTS, ".acme.example"])

    @pytest.mark.parametrize(
        "issuer",
        [
            "",
            "im.example.com",
            "//im.example.com",
            "https://evil.example",
            "https://im.example.com.evil.example",
            "https://im.example.com/",
            "https://im.example.com/realm",
            "https://im.example.com?x",
            "https://im.example.com#x",
            "https://evil.example@im.example.com",
            "https://im.example.com@evil.example",
            "ftp://im.example.com",
            "javascript:im.example.com",
            "https://",
            "https://[im.example.com",
            "HTTPS://im.example.com",
        ],
    )
    def test_anything_else_is_none(self, issuer: str) -> None:
        assert not is_issued_here(issuer, hosts=HOSTS)

    def test_a_ticket_of_another_installation_is_not_believed_whoever_signed_it(self) -> None:
        with pytest.raises(TokenInvalid):
            read_claims(ticket().claims, audience=APP, hosts=["trial.example.com"], now_s=NOW_S)


class TestReading:
    def test_a_ticket_says_what_it_was_made_to_say(self) -> None:
        read = read_claims(ticket().claims, audience=APP, hosts=HOSTS, now_s=NOW_S)

        assert read == ticket()
        assert read.scopes == {"im", "orgs.people.view"}

    def test_a_ticket_for_somebody_else_opens_nothing(self) -> None:
        with pytest.raises(TokenInvalid):
            read_claims(ticket().claims, audience=OWN_AUDIENCE, hosts=HOSTS, now_s=NOW_S)

    @pytest.mark.parametrize(
        "changes",
        [
            {"sub": "alice"},
            {"sub": None},
            {"aud": [APP]},
            {"exp": "1800000060"},
            {"exp": True},
            {"exp": float(NOW_S)},
            {"iat": -1.5},
            {"jti": ""},
            {"admin": True},
        ],
    )
    def test_claims_of_another_form_are_refused(self, changes: dict[str, Any]) -> None:
        with pytest.raises(TokenInvalid):
            read_claims(claims(**changes), audience=APP, hosts=HOSTS, now_s=NOW_S)

    @pytest.mark.parametrize("name", ["iss", "sub", "tenant", "aud", "jti", "scope", "iat", "nbf", "exp"])
    def test_no_claim_may_be_left_out(self, name: str) -> None:
        found = claims()
        del found[name]

        with pytest.raises(TokenInvalid):
            read_claims(found, audience=APP, hosts=HOSTS, now_s=NOW_S)


class TestClocks:
    @pytest.mark.parametrize(("iat", "nbf"), [(SKEW_S + 1, 0), (0, SKEW_S + 1)])
    def test_a_ticket_of_later_than_any_clock_is_ahead_counts_for_nothing_by_either_time(
        self, iat: int, nbf: int
    ) -> None:
        with pytest.raises(TokenInvalid):
            read_claims(ticket(iat=NOW_S + iat, nbf=NOW_S + nbf).claims, audience=APP, hosts=HOSTS, now_s=NOW_S)

    @pytest.mark.parametrize("ahead_s", [0, 1, SKEW_S])
    def test_an_issuer_whose_clock_is_ahead_is_borne_with(self, ahead_s: int) -> None:
        found = ticket(iat=NOW_S + ahead_s)

        assert read_claims(found.claims, audience=APP, hosts=HOSTS, now_s=NOW_S) == found

    def test_an_issuer_whose_clock_is_too_far_ahead_is_not(self) -> None:
        for found in (ticket(iat=NOW_S + SKEW_S + 1), ticket(nbf=NOW_S + SKEW_S + 1)):
            with pytest.raises(TokenInvalid):
                read_claims(found.claims, audience=APP, hosts=HOSTS, now_s=NOW_S)

    @pytest.mark.parametrize("late_s", [0.0, LEEWAY_S - 0.001])
    def test_a_ticket_may_be_a_little_late(self, late_s: float) -> None:
        found = ticket(lifetime_s=60)

        assert read_claims(found.claims, audience=APP, hosts=HOSTS, now_s=NOW_S + 60 + late_s) == found

    @pytest.mark.parametrize("late_s", [LEEWAY_S, SKEW_S])
    def test_an_issuer_whose_clock_is_behind_makes_no_ticket_live_longer(self, late_s: int) -> None:
        with pytest.raises(TokenInvalid):
            read_claims(ticket(lifetime_s=60).claims, audience=APP, hosts=HOSTS, now_s=NOW_S + 60 + late_s)

    @pytest.mark.parametrize("lifetime_s", [MAX_LIFETIME_S + 1, 10**9, 0, -60])
    def test_a_ticket_of_another_lifetime_than_any_that_is_made_counts_for_nothing(self, lifetime_s: int) -> None:
        with pytest.raises(TokenInvalid):
            read_claims(ticket(lifetime_s=lifetime_s).claims, audience=APP, hosts=HOSTS, now_s=NOW_S - 120)


class TestMaking:
    @pytest.mark.parametrize("text", [APP, "imsite", "x", "x" * MAX_AUDIENCE_CHARS])
    def test_an_audience_is_a_name_without_spaces(self, text: str) -> None:
        assert clean_audience(text) == text

    @pytest.mark.parametrize("text", ["", "a b", "a\n", "a\0", "表单", "x" * (MAX_AUDIENCE_CHARS + 1)])
    def test_nothing_else_is_an_audience(self, text: str) -> None:
        with pytest.raises(InvalidInput):
            clean_audience(text)

    def test_scopes_come_in_one_order_and_once(self) -> None:
        assert clean_scopes(["b", "a", "b"], audience=APP) == "a b"
        assert clean_scopes([], audience=APP) == ""

    def test_for_imsite_scopes_are_the_whole_or_units(self) -> None:
        unit = all_units()[0].code

        assert clean_scopes([unit, "im"], audience=OWN_AUDIENCE) == " ".join(sorted([unit, "im"]))

    @pytest.mark.parametrize("scopes", [[], ["profile"], ["im", "orgs.people.fly"]])
    def test_for_imsite_there_are_no_others(self, scopes: list[str]) -> None:
        with pytest.raises(InvalidInput):
            clean_scopes(scopes, audience=OWN_AUDIENCE)

    @pytest.mark.parametrize(
        "scopes", [[""], ["a b"], ['a"'], ["a\\"], ["名"], ["x" * (MAX_SCOPE_CHARS + 1)], [str(n) for n in range(33)]]
    )
    def test_a_scope_is_a_word_and_there_are_not_too_many(self, scopes: list[str]) -> None:
        assert MAX_SCOPES == 32
        with pytest.raises(InvalidInput):
            clean_scopes(scopes, audience=APP)

    @pytest.mark.parametrize("seconds", [MIN_LIFETIME_S, MAX_LIFETIME_S])
    def test_a_lifetime_lies_within_its_bounds(self, seconds: int) -> None:
        assert clean_lifetime(seconds) == seconds
        for beyond in (MIN_LIFETIME_S - 1, MAX_LIFETIME_S + 1):
            with pytest.raises(InvalidInput):
                clean_lifetime(beyond)
