"""Cards say numbers as one's language writes them, and nothing where there is nothing to say."""

from django.utils.translation import ngettext_lazy

from imsite.overview.cards import NAMED, Figure, Notice, figure, formatted, list_page, listed, notice

WORDS = ngettext_lazy("%(count)d grant ends within two weeks.", "%(count)d grants end within two weeks.", "count")


def test_a_figure_is_told_of_none_too() -> None:
    tell = figure("Tenants", "domain", "/x/")

    assert tell(0) == Figure("Tenants", "0", "domain", "/x/")
    assert tell(12_345) == Figure("Tenants", "12,345", "domain", "/x/")


def test_a_notice_has_plural_forms_and_is_silent_of_none() -> None:
    tell = notice(WORDS, "/x/", is_urgent=True)

    assert tell(0) is None
    assert tell(1) == Notice("1 grant ends within two weeks.", "/x/", is_urgent=True)
    assert tell(2) == Notice("2 grants end within two weeks.", "/x/", is_urgent=True)


def test_lists_are_addressed_with_their_filters() -> None:
    assert list_page("accounts_user", placed="no") == "/admin/accounts/user/?placed=no"
    assert list_page("accounts_user") == "/admin/accounts/user/"


def test_long_numbers_and_many_names_stay_readable() -> None:
    assert formatted(1_234_567) == "1,234,567"
    assert listed(["a", "b"]) == "a, b"
    assert listed(["a"] * NAMED) == ", ".join("a" * NAMED)
    assert listed(["a"] * (NAMED + 1)).endswith(", a …")
