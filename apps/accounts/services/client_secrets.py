"""Secrets of programs: made here, shown once, kept as a digest.

They are 288 random bits, so nobody guesses one and a fast hash is enough; what people choose is hashed slowly. A
program shows its secret with every request, which would make a slow one a way to keep the server busy.
"""

import hashlib
import secrets
from typing import Final, NamedTuple

from django.utils.crypto import constant_time_compare

PREFIX: Final = "imsite_sha256$"
"""Tells our digests from secrets that were stored by the toolkit's own means before."""
_BYTES: Final = 36


class Secret(NamedTuple):
    """A fresh secret, and what is stored of it."""

    plain: str
    stored: str


def make_secret() -> Secret:
    """Return a secret nobody has seen."""
    plain = secrets.token_urlsafe(_BYTES)
    return Secret(plain, stored_form(plain))


def stored_form(plain: str) -> str:
    """Return what is stored of a secret."""
    return PREFIX + hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def is_ours(stored: str) -> bool:
    """Tell whether a stored secret was made here."""
    return stored.startswith(PREFIX)


def is_right(plain: str, stored: str) -> bool:
    """Tell whether this is the secret whose digest was made here."""
    return is_ours(stored) and constant_time_compare(stored_form(plain), stored)
