"""Scopes in words, and in order."""

import pytest
from django.utils import translation

from apps.access.units import all_units
from apps.accounts.services.scopes import clean_scopes, in_words, scope_texts
from apps.common.errors import InvalidInput


def test_there_are_those_of_identity_everything_and_every_unit() -> None:
    codes = list(scope_texts())

    assert codes[:4] == ["openid", "profile", "email", "im"]
    assert codes[4:] == [unit.code for unit in all_units()]


def test_each_is_told_in_words() -> None:
    with translation.override("en"):
        told = {each.code: each.text for each in in_words(["openid", "orgs.people.view", "no.such.scope"])}

    assert told.keys() == {"openid", "orgs.people.view"}
    assert told["orgs.people.view"] == "see people, their places and accounts"


def test_everything_makes_its_parts_needless() -> None:
    assert [(each.code, each.is_whole) for each in in_words(["orgs.people.view", "im", "email"])] == [
        ("email", False),
        ("im", True),
    ]


def test_they_are_kept_once_each_in_one_order() -> None:
    assert clean_scopes(["orgs.people.view", "im", "openid", "im"]) == ["openid", "im", "orgs.people.view"]


@pytest.mark.parametrize("scopes", [[], ["nonsense"], ["openid", "orgs.people"], ["OPENID"], [""]])
def test_what_there_is_not_is_refused(scopes: list[str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        clean_scopes(scopes)

    assert refusal.value.fields["field"] == "scopes"
