"""A tenant's settings: what is stored is checked, what is left out has its default."""

from typing import Any

import pytest

from apps.tenants.preferences import Preferences, UnknownPreferences, changed_preferences, read_preferences, written


def test_nothing_stored_means_the_defaults() -> None:
    assert read_preferences({}) == Preferences()


def test_a_change_leaves_the_rest() -> None:
    stored = {"locale": "zh-hans"}

    changed = changed_preferences(stored, {"notice": "Ask IT."})

    assert changed == Preferences(locale="zh-hans", notice="Ask IT.")
    assert stored == {"locale": "zh-hans"}


def test_a_change_of_one_rule_leaves_the_others_of_its_group() -> None:
    stored = {"sign_in": {"password_min_chars": 12, "lock_after": 4}}

    changed = changed_preferences(stored, {"sign_in": {"lock_after": 5}})

    assert (changed.sign_in.password_min_chars, changed.sign_in.lock_after) == (12, 5)
    assert stored == {"sign_in": {"password_min_chars": 12, "lock_after": 4}}


def test_only_what_differs_is_stored() -> None:
    assert written(Preferences(notice="Ask IT.")) == {"notice": "Ask IT."}


@pytest.mark.parametrize("bad", [{"colour": "red"}, {"locale": 3}, {"notice": "x" * 501}, {"locale": None}])
def test_anything_else_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(UnknownPreferences):
        read_preferences(bad)
