"""The forms hold what is there, and compare what was typed twice."""

import pytest

from apps.orgs.admin.person_forms import NewPersonForm, PasswordForm, PersonForm, language_choices
from apps.orgs.models import PersonSettings
from tests.admin.world import World


def test_the_form_begins_with_what_is_there(world: World) -> None:
    person = world.people["sales"]
    PersonSettings(tenant=person.tenant, user=person, is_guest=True).save()
    person.locale = "zh-hans"

    form = PersonForm(instance=person)

    assert (form["is_guest"].initial, form["is_hidden"].initial, form["locale"].initial) == (True, False, "zh-hans")
    assert form["version"].initial == person.version


def test_a_new_person_needs_a_name_and_a_password() -> None:
    form = NewPersonForm({})

    assert not form.is_valid()
    assert set(form.errors) == {"username", "password"}


@pytest.mark.parametrize(("second", "fine"), [("one two", True), ("one tvo", False), ("", False)])
def test_the_password_is_typed_twice(second: str, fine: bool) -> None:
    assert PasswordForm({"password1": "one two", "password2": second}).is_valid() is fine


def test_languages_begin_with_the_browsers() -> None:
    assert language_choices()[0][0] == ""
