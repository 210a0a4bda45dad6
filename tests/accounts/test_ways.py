from datetime import UTC, datetime
from typing import Any

import pytest

from apps.accounts import ways
from apps.accounts.models import User
from apps.accounts.ways import (
    MAX_WAYS,
    WayIn,
    account_pages,
    method_of,
    prove_elsewhere,
    register_account_page,
    register_prover,
    register_ways,
    ways_of,
)
from apps.tenants.models import Tenant


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "_lookups", [])
    monkeypatch.setattr(ways, "_pages", {})
    monkeypatch.setattr(ways, "_provers", {})


def lookup(tenant: Tenant | None) -> list[WayIn]:
    return [] if tenant is None else [WayIn(f"{tenant.name} SSO", "/go/")]


def test_a_tenants_ways_are_those_that_were_registered_for_it() -> None:
    register_ways(lookup)
    register_ways(lookup)

    assert ways_of(Tenant(name="Acme")) == [WayIn("Acme SSO", "/go/")]
    assert ways_of(None) == []


def test_no_more_ways_are_shown_than_a_page_has_room_for() -> None:
    register_ways(lambda tenant: [WayIn(str(n), "/go/") for n in range(MAX_WAYS + 5)])

    assert [way.label for way in ways_of(None)] == [str(n) for n in range(MAX_WAYS)]


def test_a_page_registered_twice_is_in_the_menu_once() -> None:
    register_account_page("Links", "account-links", "link")
    register_account_page("Other", "account-other", "app")
    register_account_page("Linked accounts", "account-links", "link")

    assert [page.title for page in account_pages()] == ["Linked accounts", "Other"]


def test_the_first_elsewhere_that_knows_a_password_says_whose_it_is() -> None:
    asked, hers = list[str](), User(username="lina")

    def prover(name: str, answer: User | None) -> Any:
        def prove(_tenant: Tenant, _user: User | None, **_what: object) -> User | None:
            asked.append(name)
            return answer

        return prove

    for name, answer in (("none", None), ("ldap", hers), ("later", User())):
        register_prover(name, prover(name, answer))

    found = prove_elsewhere(Tenant(), None, username="lina", password="x", now=datetime.now(UTC))

    assert (found, asked, method_of(hers)) == (hers, ["none", "ldap"], "ldap")
    assert method_of(User()) == "password"


def test_without_anybody_to_ask_it_is_nobodys() -> None:
    assert prove_elsewhere(Tenant(), None, username="lina", password="x", now=datetime.now(UTC)) is None
