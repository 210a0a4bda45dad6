"""What may be said about a program."""

from dataclasses import replace
from typing import Any

import pytest

from apps.accounts.services.program_terms import Terms, checked_terms
from apps.accounts.services.redirects import MAX_ADDRESSES
from apps.common.errors import InvalidInput

GOOD = Terms(
    name=" Rota ",
    scopes=("im", "openid"),
    description="Plans shifts",
    homepage="https://rota.example",
    redirect_uris=("https://rota.example/cb", "https://rota.example/cb"),
    post_logout_redirect_uris=("https://rota.example/bye",),
)


def test_it_is_put_in_order() -> None:
    checked = checked_terms("site", GOOD)

    assert (checked.name, checked.scopes) == ("Rota", ("openid", "im"))
    assert checked.redirect_uris == ("https://rota.example/cb",)


@pytest.mark.parametrize("kind", ["service", "own"])
def test_who_leads_nobody_anywhere_has_no_addresses(kind: str) -> None:
    checked = checked_terms(kind, GOOD)

    assert (checked.redirect_uris, checked.post_logout_redirect_uris) == ((), ())


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"description": "x" * 501}, "description"),
        ({"homepage": "javascript:alert(1)"}, "homepage"),
        ({"homepage": "x" * 201}, "homepage"),
        ({"scopes": ("nonsense",)}, "scopes"),
        ({"redirect_uris": ()}, "redirect_uris"),
        ({"redirect_uris": ("http://rota.example/cb",)}, "redirect_uris"),
        ({"redirect_uris": tuple(f"https://rota.example/{n}" for n in range(MAX_ADDRESSES + 1))}, "redirect_uris"),
        ({"post_logout_redirect_uris": ("https://*.example",)}, "post_logout_redirect_uris"),
    ],
)
def test_what_is_amiss_is_named(said: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked_terms("app", replace(GOOD, **said))

    assert refusal.value.fields["field"] == field


def test_there_is_no_other_kind() -> None:
    with pytest.raises(InvalidInput):
        checked_terms("implicit", GOOD)
