"""Secrets at rest that have to be read again: passwords of directories, keys that sign, seeds of one-time codes.

Each is sealed with a key made of the installation's SECRET_KEY and of a purpose, so that a copy of the database opens
nothing, and what was sealed for one purpose can't be put in the place of another. A secret that only has to be
compared (a password, a token, a recovery code) is hashed instead.
"""

import base64
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

from apps.common.errors import Unavailable

_KEY_BYTES: Final = 32


def seal(purpose: str, secret: bytes) -> str:
    """Return the secret as nobody can read it without the installation's secret key (Fernet, about 4/3 as long)."""
    return _box(purpose).encrypt(secret).decode()


def unseal(purpose: str, sealed: str) -> bytes:
    """Return the secret. Raises Unavailable if it was sealed with another key, for another purpose, or changed."""
    try:
        return _box(purpose).decrypt(sealed)
    except InvalidToken as error:
        raise Unavailable from error


def _box(purpose: str) -> MultiFernet:
    """Return what seals with today's key and still opens what an earlier one sealed (SECRET_KEY_FALLBACKS)."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_key(secret, purpose)) for secret in secrets])


def _key(secret: str | bytes, purpose: str) -> bytes:
    """Return a Fernet key (RFC 5869: HKDF with the purpose as info)."""
    derivation = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=f"imsite sealed {purpose}".encode())
    return base64.urlsafe_b64encode(derivation.derive(force_bytes(secret)))
