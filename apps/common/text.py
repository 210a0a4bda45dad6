"""Rules for short texts that people type and others read: names and titles.

They are about what a line may hold (length, no invisible trickery), not about what it means.
"""

import re
import unicodedata
from typing import Final

from django.utils.translation import gettext as _

from apps.common.errors import InvalidInput

_CONTROLS: Final = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_INVISIBLE: Final = r"\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_REFUSED: Final = _CONTROLS + _INVISIBLE
"""Control characters, line breaks, direction overrides, what can't be seen. Joiners stay: emoji need them."""

LINE_PATTERN: Final = rf"^[^{_REFUSED}]*$"
NONBLANK_LINE_PATTERN: Final = rf"^[^{_REFUSED}]*[^\s{_REFUSED}][^{_REFUSED}]*$"
"""What `clean_line` lets through, for JSON Schema; lone surrogates, which no JSON text can hold, go unmentioned."""

_REFUSED_CHARACTER: Final = re.compile(rf"[{_REFUSED}\ud800-\udfff]")


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
    if refused := _REFUSED_CHARACTER.search(line):
        code = f"U+{ord(refused.group()):04X}"
        raise InvalidInput(field=field, reason=_("character %(code)s is not allowed") % {"code": code})
    return line


def normalized_identifier(text: str) -> str:
    """Return the one spelling of a name that people sign in with: NFKC, case folded, no white space around it."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())
    return folded.strip()
