"""The rules of sign-in, one by one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from apps.accounts.errors import SignedInElsewhere, TerminalRefused, TokenInvalid
from apps.accounts.policies import (
    MAX_NAME_CHARS,
    SEEN_RESOLUTION,
    Access,
    Arrival,
    Found,
    Principal,
    arrive,
    is_worth_noting,
    judge,
    opens,
    takes_a_place,
)
from apps.common.clock import to_ms
from apps.common.errors import InvalidInput
from apps.wire.ids import TenantId, UserId

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
TENANT, USER, OTHER, TERMINAL = (UUID(int=number) for number in range(1, 5))
FOUND = Found(
    expires=LATER,
    scope="im",
    user_id=USER,
    tenant_id=TENANT,
    user_is_active=True,
    tenant_status="active",
    locale="zh-hans",
    terminal_user_id=USER,
    terminal_revoked_at=None,
    terminal_platform="web",
    terminal_name="Desk",
    terminal_seen_at=NOW,
)
ARRIVAL = Arrival("digest", TERMINAL, "web", "Desk")


class TestAccess:
    @pytest.mark.parametrize(
        ("scopes", "units", "reaches"),
        [
            ({"im"}, [], True),
            ({"im", "openid"}, ["a.b.c"], True),
            ({"a.b.c"}, ["a.b.c", "a.b.d"], True),
            ({"a.b.c"}, ["a.b.d"], False),
            ({"a.b.c"}, [], False),
            (set(), ["a.b.c"], False),
        ],
    )
    def test_reaches_what_works_by_one_of_its_units(self, scopes: set[str], units: list[str], reaches: bool) -> None:
        access = Access(frozenset(scopes), "client", "1", 0)

        assert access.reaches(units) is reaches
        assert access.is_whole is ("im" in scopes)


class TestOpens:
    def opens(self, **facts: Any) -> bool:
        good = {"expires": LATER, "scope": "im", "user_is_active": True, "tenant_status": "active", "now": NOW}
        return opens(**{**good, **facts})

    def test_a_good_token_does(self) -> None:
        assert self.opens()
        assert self.opens(expires=NOW + timedelta(microseconds=1), scope="other im")

    @pytest.mark.parametrize(
        "facts",
        [
            {"expires": NOW},
            {"expires": None},
            {"scope": ""},
            {"scope": "other"},
            {"scope": "imx"},
            {"user_is_active": False},
            {"tenant_status": "suspended"},
        ],
        ids=str,
    )
    def test_anything_amiss_keeps_it_from_it(self, facts: dict[str, Any]) -> None:
        assert not self.opens(**facts)


class TestArrive:
    def test_a_name_is_put_in_order(self) -> None:
        assert arrive("digest", TERMINAL, "web", " Desk ") == ARRIVAL
        assert arrive("digest", TERMINAL, "bot", "").fault is None

    @pytest.mark.parametrize(
        ("terminal", "platform", "name", "fault"),
        [
            (TERMINAL, "toaster", "", InvalidInput),
            (UUID(int=0), "web", "", TerminalRefused),
            (TERMINAL, "web", "x" * (MAX_NAME_CHARS + 1), InvalidInput),
            (TERMINAL, "web", "a\nb", InvalidInput),
            (TERMINAL, "web", "\0", InvalidInput),
        ],
    )
    def test_a_fault_is_kept_and_the_field_is_not(
        self, terminal: UUID, platform: str, name: str, fault: type[Exception]
    ) -> None:
        arrival = arrive("digest", terminal, platform, name)

        assert isinstance(arrival.fault, fault)
        assert (arrival.platform, arrival.name) == ("", "")


class TestJudge:
    def verdict(self, arrival: Arrival = ARRIVAL, **facts: Any) -> Any:
        return judge(arrival, FOUND._replace(**facts), now=NOW)

    @pytest.mark.parametrize("owner", [USER, None])
    def test_her_own_terminal_and_one_of_nobody_let_her_in(self, owner: UUID | None) -> None:
        expected = Principal(TenantId(TENANT), UserId(USER), "zh-hans", to_ms(LATER))

        assert self.verdict(terminal_user_id=owner) == expected

    @pytest.mark.parametrize(
        "facts",
        [
            {"user_id": None},
            {"tenant_id": None},
            {"expires": None},
            {"expires": NOW},
            {"user_is_active": False},
            {"tenant_status": "suspended"},
        ],
        ids=str,
    )
    def test_a_bad_token_is_refused_before_anything_else_is_said(self, facts: dict[str, Any]) -> None:
        hopeless = arrive("digest", UUID(int=0), "toaster", "\n")

        assert isinstance(self.verdict(hopeless, terminal_user_id=OTHER, **facts), TokenInvalid)

    def test_with_a_good_token_the_fault_is_told(self) -> None:
        hopeless = arrive("digest", TERMINAL, "toaster", "")

        assert self.verdict(hopeless) is hopeless.fault

    @pytest.mark.parametrize("facts", [{"terminal_user_id": OTHER}, {"terminal_revoked_at": NOW}], ids=str)
    def test_anothers_terminal_and_a_revoked_one_are_refused(self, facts: dict[str, Any]) -> None:
        assert isinstance(self.verdict(**facts), TerminalRefused)

    @pytest.mark.parametrize(
        ("facts", "told"),
        [
            ({"terminal_revoked_at": NOW}, TerminalRefused),
            ({"displaced_at": NOW, "token_created_at": NOW}, SignedInElsewhere),
            ({}, TokenInvalid),
            ({"terminal_revoked_at": NOW, "terminal_user_id": OTHER}, TokenInvalid),
            ({"terminal_revoked_at": NOW, "user_is_active": False}, TokenInvalid),
            ({"terminal_revoked_at": NOW, "scope": "other"}, TokenInvalid),
        ],
        ids=str,
    )
    def test_whose_token_ended_with_her_terminal_is_told_what_became_of_it(
        self, facts: dict[str, Any], told: type
    ) -> None:
        assert type(self.verdict(expires=NOW, **facts)) is told

    def test_who_lost_her_place_is_told_to_which_terminal(self) -> None:
        verdict = self.verdict(displaced_at=NOW, displaced_by="Laptop", token_created_at=NOW - timedelta(days=1))

        assert isinstance(verdict, SignedInElsewhere)
        assert verdict.fields == {"platform": "web", "name": "Laptop", "at": to_ms(NOW)}

    def test_with_a_token_of_a_later_sign_in_she_comes_in_again(self) -> None:
        later = NOW + timedelta(microseconds=1)

        assert isinstance(self.verdict(displaced_at=NOW, token_created_at=later), Principal)


class TestTakesAPlace:
    @pytest.mark.parametrize(
        ("facts", "takes"),
        [
            ({}, False),
            ({"terminal_user_id": None}, False),
            ({"displaced_at": NOW}, True),
            ({"is_bounded": True}, False),
            ({"is_bounded": True, "is_crowded": True}, True),
            ({"is_bounded": True, "terminal_user_id": None}, True),
            ({"is_bounded": True, "terminal_platform": "ios"}, True),
        ],
        ids=str,
    )
    def test_where_it_has_none_or_there_are_too_many(self, facts: dict[str, Any], takes: bool) -> None:
        assert takes_a_place(ARRIVAL, FOUND._replace(**facts)) is takes


class TestIsWorthNoting:
    @pytest.mark.parametrize(
        ("facts", "worth"),
        [
            ({}, False),
            ({"terminal_seen_at": NOW - SEEN_RESOLUTION}, False),
            ({"terminal_seen_at": NOW - SEEN_RESOLUTION - timedelta(seconds=1)}, True),
            ({"terminal_seen_at": None}, True),
            ({"terminal_name": "Office"}, True),
            ({"terminal_platform": "ios"}, True),
            ({"terminal_address": "10.0.0.1"}, True),
        ],
        ids=str,
    )
    def test_what_changed_or_is_long_ago_is(self, facts: dict[str, Any], worth: bool) -> None:
        arrival = replace(ARRIVAL, address="10.0.0.9")
        known = FOUND._replace(terminal_address="10.0.0.9")

        assert is_worth_noting(arrival, known._replace(**facts), now=NOW) is worth

    def test_an_address_that_nobody_knows_is_not(self) -> None:
        assert not is_worth_noting(ARRIVAL, FOUND._replace(terminal_address="10.0.0.9"), now=NOW)
