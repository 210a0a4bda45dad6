"""What a tenant sets for itself: read from a JSON column whose form is this struct. Pure.

A new setting is a field with a default: rows written before it simply have the default.
"""

from typing import Annotated, Any, Final, Literal

import msgspec

from apps.wire.frames import Platform

MAX_NOTICE_CHARS: Final = 500
MAX_TERMINALS_OF_PLATFORM: Final = 50
"""What a tenant may set as its bound; without one, sign-in itself keeps 200 terminals of a person at most."""


class TerminalPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """From how many terminals a person may be signed in at a time."""

    per_platform: dict[Platform, Annotated[int, msgspec.Meta(ge=1, le=MAX_TERMINALS_OF_PLATFORM)]] = {}
    """By platform; one that is not named is not bounded. One more sign-in closes the terminal used longest ago."""


class SignInPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """How its people prove who they are."""

    password_min_chars: Annotated[int, msgspec.Meta(ge=8, le=128)] = 8
    """The installation asks for eight at least."""

    password_history: Annotated[int, msgspec.Meta(ge=0, le=24)] = 0
    """So many former passwords can't be taken again; each costs a hash when one is chosen."""

    password_max_age_days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 0
    """An older one has to be changed at the next sign-in; 0: never, which NIST SP 800-63B §3.1.1.2 advises."""

    second_factor: Literal["optional", "admins", "everyone"] = "optional"
    """Who has to have one: nobody, whoever holds powers, or everybody. Asked for at the next sign-in."""

    lock_after: Annotated[int, msgspec.Meta(ge=3, le=100)] = 10
    """Failures in a row from one address, after which the next try has to wait, longer every time."""

    allow_passwords: bool = True
    """False: nobody of the tenant signs in with a password of this installation, only by other ways."""


class Preferences(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A tenant's settings."""

    locale: Annotated[str, msgspec.Meta(max_length=16)] = ""
    """The language of people who chose none; empty: their browser's."""

    notice: Annotated[str, msgspec.Meta(max_length=MAX_NOTICE_CHARS)] = ""
    """Shown on the page where its people sign in: whom to ask for an account, when the server rests."""

    sign_in: SignInPolicy = SignInPolicy()

    terminals: TerminalPolicy = TerminalPolicy()
    """Of how many terminals a person has at a time."""


class UnknownPreferences(ValueError):
    """What should be settings has another form."""


def read_preferences(stored: dict[str, Any]) -> Preferences:
    """Return the settings as they are stored. Raises UnknownPreferences."""
    try:
        return msgspec.convert(stored, Preferences)
    except msgspec.ValidationError as error:
        raise UnknownPreferences(str(error)) from error


def changed_preferences(stored: dict[str, Any], changes: dict[str, Any]) -> Preferences:
    """Return the settings with these changes; of a group of settings, what is left out stays.

    Raises UnknownPreferences.
    """
    merged = dict(stored)
    for name, value in changes.items():
        kept = merged.get(name)
        merged[name] = {**kept, **value} if isinstance(kept, dict) and isinstance(value, dict) else value
    return read_preferences(merged)


def written(preferences: Preferences) -> dict[str, Any]:
    """Return what to store: only what differs from the defaults."""
    plain: dict[str, Any] = msgspec.to_builtins(preferences)
    return plain
