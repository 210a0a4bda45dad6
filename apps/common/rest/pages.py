"""Pages by opaque cursors: where a page ended, not how many rows to skip, so nothing is shown twice or missed."""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import msgspec
from django.db.models import Model, QuerySet

from apps.common.rest.problems import InvalidRequest

T = TypeVar("T")
M = TypeVar("M", bound=Model)

MAX_LIMIT: Final = 100
DEFAULT_LIMIT: Final = 50
MAX_CURSOR_CHARS: Final = 512

Limit = Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT, description="Rows of a page.")]
Cursor = Annotated[
    str,
    msgspec.Meta(
        max_length=MAX_CURSOR_CHARS,
        pattern=r"^[A-Za-z0-9_-]*={0,2}$",
        description="`next` of the page before; empty for the first one.",
    ),
]


def write_cursor(position: msgspec.Struct) -> str:
    """Return the text of a position, to be given back as it is."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode("ascii")


def read_cursor(text: str, kind: type[T]) -> T | None:
    """Return the position that a cursor stands for; None for the first page. Raises InvalidRequest."""
    if not text:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise InvalidRequest(field="cursor", reason="not a cursor of this list") from error


def read_page(rows: QuerySet[M], *, limit: int, end: Callable[[M], msgspec.Struct]) -> tuple[list[M], str]:
    """Return the first `limit` of the ordered rows, and the cursor of the next page, empty at the end. One query.

    `end` returns the position of a page's last row.
    """
    found: list[Any] = list(rows[: limit + 1])
    page = found[:limit]
    return page, write_cursor(end(page[-1])) if len(found) > limit else ""
