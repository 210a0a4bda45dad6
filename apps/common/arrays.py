"""Array parameters in PostgreSQL's binary format, packed column by column.

psycopg dumps a list element by element: 10 ms of processor time for ten columns of 256 rows, more than the whole
transaction. Here a column is one `bytes.join`, and the same rows take 1 ms. Source of the layout:
`array_recv` in PostgreSQL's `src/backend/utils/adt/arrayfuncs.c`.

`PLAIN` offers the same columns as ordinary lists, for connections that bind on the client's side, as Django's do.
"""

import struct
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.adapt import Dumper
from psycopg.pq import Format

from apps.common.clock import to_datetime

_HEADER: Final = struct.Struct("!iiIii")
_LENGTH: Final = struct.Struct("!i").pack
_INT8: Final = struct.Struct("!q").pack
_EMPTY: Final = struct.Struct("!iiI").pack

_BOOL_OID, _BYTEA_OID, _INT8_OID, _TEXT_OID, _TIMESTAMPTZ_OID, _UUID_OID = 16, 17, 20, 25, 1184, 2950
_POSTGRES_EPOCH_MS: Final = 946_684_800_000  # 2000-01-01, where timestamptz counts from


class Packed:
    """An array in wire format. One subclass per element type, because psycopg finds the type's oid by class."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class Columns(Protocol):
    """Turns the values of one column into an array parameter."""

    def uuids(self, values: Sequence[UUID]) -> object:
        """For `uuid[]`."""

    def integers(self, values: Sequence[int]) -> object:
        """For `bigint[]`."""

    def blobs(self, values: Sequence[bytes]) -> object:
        """For `bytea[]`."""

    def texts(self, values: Sequence[str]) -> object:
        """For `text[]`."""

    def flags(self, values: Sequence[bool]) -> object:
        """For `boolean[]`."""

    def times(self, values: Sequence[int]) -> object:
        """For `timestamptz[]`, from unix milliseconds."""


class _Lists:
    """Plain Python values."""

    def uuids(self, values: Sequence[UUID]) -> list[UUID]:
        return list(values)

    def integers(self, values: Sequence[int]) -> list[int]:
        return list(values)

    def blobs(self, values: Sequence[bytes]) -> list[bytes]:
        return list(values)

    def texts(self, values: Sequence[str]) -> list[str]:
        return list(values)

    def flags(self, values: Sequence[bool]) -> list[bool]:
        return list(values)

    def times(self, values: Sequence[int]) -> list[datetime]:
        return [to_datetime(value) for value in values]


class _Packers:
    """Packed arrays; the connection needs `register_packed`."""

    def uuids(self, values: Sequence[UUID]) -> Packed:
        return UuidArray(_fixed(_UUID_OID, 16, [value.int.to_bytes(16, "big") for value in values]))

    def integers(self, values: Sequence[int]) -> Packed:
        return IntegerArray(_fixed(_INT8_OID, 8, [_INT8(value) for value in values]))

    def blobs(self, values: Sequence[bytes]) -> Packed:
        return BlobArray(_varying(_BYTEA_OID, values))

    def texts(self, values: Sequence[str]) -> Packed:
        return TextArray(_varying(_TEXT_OID, [value.encode() for value in values]))

    def flags(self, values: Sequence[bool]) -> Packed:
        return FlagArray(_fixed(_BOOL_OID, 1, [b"\x01" if value else b"\x00" for value in values]))

    def times(self, values: Sequence[int]) -> Packed:
        packed = [_INT8((value - _POSTGRES_EPOCH_MS) * 1000) for value in values]
        return TimeArray(_fixed(_TIMESTAMPTZ_OID, 8, packed))


PLAIN: Final[Columns] = _Lists()
PACKED: Final[Columns] = _Packers()


def register_packed(connection: AsyncConnection) -> None:
    """Teach one connection the packed arrays; to do it again is harmless."""
    for array, dumper in _DUMPERS.items():
        connection.adapters.register_dumper(array, dumper)


def _fixed(oid: int, size_bytes: int, elements: list[bytes]) -> bytes:
    """Elements of one size: their length word is the separator, also before the first one."""
    if not elements:
        return _EMPTY(0, 0, oid)
    return _LENGTH(size_bytes).join([_HEADER.pack(1, 0, oid, len(elements), 1), *elements])


def _varying(oid: int, elements: Sequence[bytes]) -> bytes:
    if not elements:
        return _EMPTY(0, 0, oid)
    parts = [_HEADER.pack(1, 0, oid, len(elements), 1)]
    for element in elements:
        parts.append(_LENGTH(len(element)))
        parts.append(element)
    return b"".join(parts)


class UuidArray(Packed):
    """`uuid[]`."""

    __slots__ = ()


class IntegerArray(Packed):
    """`bigint[]`."""

    __slots__ = ()


class BlobArray(Packed):
    """`bytea[]`."""

    __slots__ = ()


class TextArray(Packed):
    """`text[]`."""

    __slots__ = ()


class FlagArray(Packed):
    """`boolean[]`."""

    __slots__ = ()


class TimeArray(Packed):
    """`timestamptz[]`."""

    __slots__ = ()


_ARRAY_OIDS: Final[dict[type[Packed], int]] = {
    UuidArray: 2951,
    IntegerArray: 1016,
    BlobArray: 1001,
    TextArray: 1009,
    FlagArray: 1000,
    TimeArray: 1185,
}


def _dumper(array: type[Packed], array_oid: int) -> type[Dumper]:
    def dump(self: Dumper, obj: Packed) -> bytes:
        return obj.data

    members: dict[str, int | Format | Callable[[Dumper, Packed], bytes]] = {
        "oid": array_oid,
        "format": Format.BINARY,
        "dump": dump,
    }
    return type(f"{array.__name__}Dumper", (Dumper,), members)


# Made once: a class costs kilobytes, and only a full collection would free those that nobody uses any more.
_DUMPERS: Final = {array: _dumper(array, oid) for array, oid in _ARRAY_OIDS.items()}
