"""What would follow a change of settings is asked of whoever registered for it."""

import pytest

from apps.tenants import consequences
from apps.tenants.consequences import Consequence, ConsequenceTwice, foreseen, foresight_codes, register_foresight
from apps.tenants.models import Tenant
from apps.tenants.preferences import Preferences

ACME = Tenant(slug="acme", name="Acme")
PLAIN, SILENT = Preferences(), Preferences(notice="")


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consequences, "_foresights", {})


def says_locale(tenant: Tenant, before: Preferences, after: Preferences) -> str:
    return "" if after.locale == before.locale else f"{tenant.slug} speaks {after.locale}"


def says_nothing(_tenant: Tenant, _before: Preferences, _after: Preferences) -> str:
    return ""


def test_only_what_follows_is_told_by_its_code() -> None:
    register_foresight("quiet", says_nothing)
    register_foresight("locale", says_locale)

    told = foreseen(ACME, PLAIN, Preferences(locale="en"))

    assert told == [Consequence("locale", "acme speaks en")]
    assert foreseen(ACME, PLAIN, SILENT) == []
    assert foresight_codes() == ["quiet", "locale"]


def test_a_code_belongs_to_one_who_may_say_so_twice() -> None:
    register_foresight("locale", says_locale)
    register_foresight("locale", says_locale)

    with pytest.raises(ConsequenceTwice):
        register_foresight("locale", says_nothing)

    assert foresight_codes() == ["locale"]
