"""Refusals about connections: a stable code each, and words that name the way out."""

import inspect

from apps.common.errors import ImError
from apps.identity import errors

OURS = [
    kind
    for _name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, ImError) and kind.__module__ == errors.__name__
]


def test_every_refusal_has_a_code_of_its_own_and_a_status() -> None:
    assert len(OURS) > 10
    assert len({kind.code for kind in OURS}) == len(OURS)
    assert all(400 <= kind.status < 600 for kind in OURS)


def test_words_name_what_was_refused() -> None:
    assert "base" in errors.DirectoryUnset(reason="base").text
    assert "42" in errors.RunNotFound(run="42").text
