"""What a tenant sets for itself: read from a JSON column whose form is this struct. Pure.

A new setting is a field with a default: rows written before it simply have the default.
"""

from typing import Annotated, Any, Final

import msgspec

MAX_NOTICE_CHARS: Final = 500


class Preferences(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A tenant's settings."""

    locale: Annotated[str, msgspec.Meta(max_length=16)] = ""
    """The language of people who chose none; empty: their browser's."""

    notice: Annotated[str, msgspec.Meta(max_length=MAX_NOTICE_CHARS)] = ""
    """Shown on the page where its people sign in: whom to ask for an account, when the server rests."""


class UnknownPreferences(ValueError):
    """What should be settings has another form."""


def read_preferences(stored: dict[str, Any]) -> Preferences:
    """Return the settings as they are stored. Raises UnknownPreferences."""
    try:
        return msgspec.convert(stored, Preferences)
    except msgspec.ValidationError as error:
        raise UnknownPreferences(str(error)) from error


def changed_preferences(stored: dict[str, Any], changes: dict[str, Any]) -> Preferences:
    """Return the settings with these changes. Raises UnknownPreferences."""
    return read_preferences({**stored, **changes})


def written(preferences: Preferences) -> dict[str, Any]:
    """Return what to store: only what differs from the defaults."""
    plain: dict[str, Any] = msgspec.to_builtins(preferences)
    return plain
