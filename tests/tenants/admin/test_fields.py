"""The fields of a tenant's settings have the bounds and defaults of what is stored."""

from typing import get_args

import pytest
from django import forms

from apps.tenants.admin.fields import (
    CHOICES,
    DEFAULTS,
    NUMBERS,
    PLATFORMS,
    bound_field,
    choice_field,
    default_text,
    number_field,
)
from apps.tenants.preferences import UnknownPreferences, read_preferences
from apps.wire.frames import Platform


def test_every_rule_of_signing_in_and_every_platform_has_a_field() -> None:
    assert {*NUMBERS, *CHOICES} == set(DEFAULTS)
    assert set(PLATFORMS) == set(get_args(Platform))


@pytest.mark.parametrize("name", NUMBERS)
def test_what_the_field_takes_can_be_stored_and_nothing_beyond(name: str) -> None:
    field = number_field(name)
    assert isinstance(field.min_value, int)
    assert isinstance(field.max_value, int)

    for fine in (field.min_value, field.max_value, DEFAULTS[name]):
        assert getattr(read_preferences({"sign_in": {name: field.clean(str(fine))}}).sign_in, name) == fine
    for wrong in (field.min_value - 1, field.max_value + 1):
        with pytest.raises(forms.ValidationError):
            field.clean(str(wrong))
        with pytest.raises(UnknownPreferences):
            read_preferences({"sign_in": {name: wrong}})
    assert field.clean("") is None


def test_a_platform_has_one_terminal_or_more() -> None:
    field = bound_field("web")

    assert (field.clean("50"), field.clean("")) == (50, None)
    for wrong in ("0", "51", "x"):
        with pytest.raises(forms.ValidationError):
            field.clean(wrong)


def test_choices_are_those_of_the_policy_and_no_others() -> None:
    assert choice_field("second_factor").clean("admins") == "admins"

    with pytest.raises(forms.ValidationError):
        choice_field("second_factor").clean("nobody")


def test_defaults_are_said_in_words() -> None:
    assert default_text("password_min_chars") == "Default: 8."
    assert default_text("allow_passwords") == "Default: allowed."
    assert default_text("second_factor") == "Default: whoever wants one."
