"""Rules for short texts that people type and others read: names and titles.

They are about what a line may hold (length, no invisible trickery), not about what it means.
"""

import unicodedata
from typing import Final

from django.utils.translation import gettext as _

from apps.common.errors import InvalidInput

_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp", "Cf"})
_JOINERS: Final = frozenset("\u200c\u200d")
"""Format characters that Persian, Indic scripts and emoji need; the others only hide or turn text."""


def clean_line(text: str, *, field: str, max_chars: int, required: bool = True) -> str:
    """Return `text` in NFC without white space around it. Raises InvalidInput naming `field`.

    Refused: nothing at all when `required`, more than `max_chars` characters, control characters, line breaks,
    direction overrides and lone surrogates.
    """
    line = unicodedata.normalize("NFC", text).strip()
    if required and not line:
        raise InvalidInput(field=field, reason=_("must not be empty"))
    if len(line) > max_chars:
        raise InvalidInput(
            field=field,
            reason=_("has %(size)d characters, at most %(limit)d are allowed")
            % {
                "size": len(line),
                "limit": max_chars,
            },
        )
    for character in line:
        if unicodedata.category(character) in _REFUSED_CATEGORIES and character not in _JOINERS:
            raise InvalidInput(
                field=field, reason=_("character %(code)s is not allowed") % {"code": f"U+{ord(character):04X}"}
            )
    return line


def normalized_identifier(text: str) -> str:
    """Return the one spelling of a name that people sign in with: NFKC, case folded, no white space around it."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())
    return folded.strip()
