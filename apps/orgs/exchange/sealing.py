"""Rows on their way into the database and back: packed, and sealed with the installation's secret.

A file may hold first passwords in clear. A copy of the database without the installation's key does not.
"""

import base64
import hashlib
from typing import Final

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from apps.common.errors import Unavailable
from apps.orgs.exchange.columns import Kind
from apps.orgs.exchange.rows import DepartmentRow, PersonRow, Row

_PURPOSE: Final = b"imsite rows of imports 1 "


def seal(rows: list[Row]) -> bytes:
    """Return the rows as nobody can read them without the installation's secret key."""
    return _box().encrypt(msgspec.msgpack.encode(rows))


def unseal(kind: Kind, sealed: bytes) -> list[Row]:
    """Return the rows. Raises Unavailable if they were sealed with another secret key."""
    try:
        packed = _box().decrypt(sealed)
    except InvalidToken as error:
        raise Unavailable from error
    if kind == "departments":
        return list(msgspec.msgpack.decode(packed, type=list[DepartmentRow]))
    return list(msgspec.msgpack.decode(packed, type=list[PersonRow]))


def _box() -> Fernet:
    digest = hashlib.sha256(_PURPOSE + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
