"""Refusals carry a code for programs and a text for people."""

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from apps.common.errors import ImError, InvalidInput, Stale, Unavailable


class Full(ImError):
    code = "full"
    status = 409
    message = _("room %(room)s is full (%(size)s of %(limit)s)")


def test_the_text_holds_its_fields() -> None:
    error = Full(room="42", size=5, limit=5)

    assert error.text == "room 42 is full (5 of 5)"
    assert str(error) == error.text
    assert error.fields == {"room": "42", "size": 5, "limit": 5}


def test_a_percent_sign_in_a_text_without_fields_is_harmless() -> None:
    class Plain(ImError):
        message = "100% refused"

    assert Plain().text == "100% refused"


def test_the_text_follows_the_language_of_whoever_reads_it() -> None:
    error = Unavailable()

    with translation.override("en"):
        english = error.text
    with translation.override("zh-hans"):
        chinese = error.text

    assert english == "The server cannot do this right now; try again in a moment."
    assert chinese != english


def test_only_some_refusals_are_worth_another_try() -> None:
    assert Unavailable.retryable
    assert Unavailable.retry_after_ms > 0
    assert not InvalidInput(field="name", reason="too long").retryable


def test_a_stale_edit_names_the_version_there_is() -> None:
    error = Stale(version=4)

    assert (error.code, error.status) == ("stale", 409)
    assert "version 4" in error.text
