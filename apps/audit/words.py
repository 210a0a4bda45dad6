"""What actions are called where people read of them. Each app names its own; the log itself keeps the codes."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise

_words: Final[dict[str, str | Promise]] = {}


def register_words(words: Mapping[str, str | Promise]) -> None:
    """Name actions, such as "orgs.department.moved". What is named already is named anew."""
    _words.update(words)


def words_of(action: str) -> str:
    """Return what an action is called in the active language; its code, where nobody named it."""
    return str(_words.get(action, action))
