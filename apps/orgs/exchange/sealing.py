"""Rows on their way into the database and back: packed, and sealed with the installation's secret.

A file may hold first passwords in clear. A copy of the database without the installation's key does not.
"""

from typing import Final

import msgspec

from apps.common import sealed
from apps.common.errors import Unavailable
from apps.orgs.errors import ImportUnreadable
from apps.orgs.exchange.columns import Kind
from apps.orgs.exchange.rows import DepartmentRow, PersonRow, Row

_PURPOSE: Final = "rows of imports"


def seal(rows: list[Row]) -> bytes:
    """Return the rows as nobody can read them without the installation's secret key."""
    return sealed.seal(_PURPOSE, msgspec.msgpack.encode(rows)).encode()


def unseal(kind: Kind, stored: bytes) -> list[Row]:
    """Return the rows. Raises ImportUnreadable if they were sealed with another key, or by a release that made its keys
    in another way: such a file is sent again, and its import goes like any that nobody applies.
    """
    try:
        packed = sealed.unseal(_PURPOSE, stored.decode())
    except Unavailable as error:
        raise ImportUnreadable from error
    if kind == "departments":
        return list(msgspec.msgpack.decode(packed, type=list[DepartmentRow]))
    return list(msgspec.msgpack.decode(packed, type=list[PersonRow]))
