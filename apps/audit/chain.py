"""The chain's arithmetic: what is hashed of an entry, and how entries hang together. Pure.

The digest covers every field of an entry and the digest before it, as JSON in one spelling, so a changed, missing,
inserted or swapped entry breaks the chain from there on. Who can write to the table can also compute a whole new chain:
only a digest that is kept elsewhere (`manage.py audit verify` prints it) tells that.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from django.utils.functional import Promise

GENESIS: Final = bytes(32)
"""Stands before the first entry."""

MAX_VALUES_BYTES: Final = 32 * 1024
"""Of `before`, and of `after`, as JSON. What is larger is left out; its size and its SHA-256 stand there instead."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry as it is hashed. Times are whole microseconds since 1970, ids hexadecimal, "" where there is none."""

    tenant: str
    number: int
    at_us: int
    actor: str
    actor_login: str
    via: str
    address: str
    request_id: str
    scope: str
    action: str
    kind: str
    target_id: str
    target_label: str
    before: Json
    after: Json
    previous: bytes

    def digest(self) -> bytes:
        """Return the SHA-256 of everything here."""
        values = {name: getattr(self, name) for name in _LINK_FIELDS}
        return hashlib.sha256(spelled(values | {"previous": self.previous.hex()})).digest()


_LINK_FIELDS: Final = tuple(field.name for field in fields(Link))


def spelled(value: Any) -> bytes:
    """Return the one spelling of a JSON value: keys sorted, no white space, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def plain(value: Any) -> Any:
    """Return `value` as JSON that a database gives back unchanged: texts, whole numbers, truth values, lists, objects.

    Fractions become text, sets sorted lists. Raises TypeError for what is no value, such as a row.
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(each) for each in value), key=spelled)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return _plain_single(value)


def _plain_single(value: Any) -> str | int | None:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, str | float | Decimal | Promise):
        return str(value).replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    raise TypeError(f"{type(value).__name__} can't be written to the audit log")


def bounded(values: Mapping[str, Any]) -> Json:
    """Return `values` in plain form, or what stands for them where they are too large."""
    whole: Json = plain(values)
    text = spelled(whole)
    if len(text) <= MAX_VALUES_BYTES:
        return whole
    return {"omitted_bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Json, Json]:
    """Return both sides of what changed, without the fields that are the same in both."""
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return {key: before.get(key) for key in changed}, {key: after.get(key) for key in changed}


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain is broken, and how: missing, changed, detached, head."""

    number: int
    fault: str


def check(links: Iterable[tuple[Link, bytes]]) -> Break | tuple[int, bytes]:
    """Follow links with their stored digests, in order, from the beginning.

    Return the first break, or the last number and digest.
    """
    number, digest = 0, GENESIS
    for link, stored in links:
        if link.number != number + 1:
            return Break(number + 1, "missing")
        if link.previous != digest:
            return Break(link.number, "detached")
        if link.digest() != stored:
            return Break(link.number, "changed")
        number, digest = link.number, stored
    return number, digest
