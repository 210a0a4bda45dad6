"""Actions have words where an app gave some, in the reader's language."""

from django.utils import translation
from django.utils.translation import gettext_lazy

from apps.audit.models import Entry
from apps.audit.words import register_words, words_of


def test_an_action_is_called_what_its_app_says() -> None:
    register_words({"tests.thing.done": gettext_lazy("yes")})

    with translation.override("zh-hans"):
        assert words_of("tests.thing.done") == Entry(action="tests.thing.done").words == "是"


def test_an_action_without_words_stays_as_it_is() -> None:
    assert words_of("tests.nobody.named") == "tests.nobody.named"


def test_the_directory_s_actions_are_in_chinese() -> None:
    codes = ["orgs.department.moved", "tenants.tenant.created", "access.grant.given", "accounts.password.changed"]

    with translation.override("zh-hans"):
        assert [words_of(code) for code in codes if words_of(code).isascii()] == []
