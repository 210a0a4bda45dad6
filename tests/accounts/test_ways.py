import pytest

from apps.accounts import ways
from apps.accounts.ways import MAX_WAYS, WayIn, account_pages, register_account_page, register_ways, ways_of
from apps.tenants.models import Tenant


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "_lookups", [])
    monkeypatch.setattr(ways, "_pages", {})


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
