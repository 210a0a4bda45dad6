"""Lines that people type."""

import pytest

from apps.common.errors import InvalidInput
from apps.common.text import clean_line, normalized_identifier


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Alice ", "Alice"),
        ("张伟", "张伟"),
        ("e\u0301", "\u00e9"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("<img src=x>", "<img src=x>"),
    ],
)
def test_a_line_comes_back_in_one_spelling(text: str, expected: str) -> None:
    assert clean_line(text, field="name", max_chars=20) == expected


@pytest.mark.parametrize("text", ["a\nb", "a\0b", "a\u202eb", "a\u2028b", "\ud800", "a\u200bb", "a\x7f"])
def test_characters_that_hide_or_break_a_line_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        clean_line(text, field="name", max_chars=20)

    assert refusal.value.fields["field"] == "name"


def test_a_line_that_is_too_long_is_refused_and_one_that_just_fits_is_not() -> None:
    assert clean_line("x" * 20, field="name", max_chars=20) == "x" * 20
    with pytest.raises(InvalidInput, match="21 characters, at most 20"):
        clean_line("x" * 21, field="name", max_chars=20)


def test_nothing_at_all_is_refused_only_where_something_is_required() -> None:
    assert clean_line("  ", field="title", max_chars=20, required=False) == ""
    with pytest.raises(InvalidInput, match="must not be empty"):
        clean_line("  ", field="title", max_chars=20)


@pytest.mark.parametrize(
    ("text", "expected"), [(" Alice@Demo ", "alice@demo"), ("ＡＬＩＣＥ", "alice"), ("Straße", "strasse")]
)
def test_names_to_sign_in_with_have_one_spelling(text: str, expected: str) -> None:
    assert normalized_identifier(text) == expected
    assert normalized_identifier(expected) == expected
