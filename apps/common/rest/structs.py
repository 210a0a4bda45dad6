"""Requests and answers as msgspec structs: the struct is the schema, the validation and the encoding in one.

Input is strict: unknown fields and wrong types are refused by name, nothing is converted by guess.
"""

from typing import IO, Any, Final, TypeVar

import msgspec
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from apps.common.rest.problems import InvalidRequest, TooLarge

S = TypeVar("S", bound=msgspec.Struct)

MAX_BODY_BYTES: Final = 64 * 1024
"""As large as a WebSocket frame may be: what fits there fits here."""
MAX_BULK_BYTES: Final = 2 * 1024 * 1024
"""Of a request for many changes: 500 of the longest; as much as the server reads of any body."""


class Input(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Base of request bodies and query parameters."""


class Output(msgspec.Struct):
    """Base of answers: every field shows, whatever its value."""


class StructParser(BaseParser):
    """Reads a JSON body as bytes; `read_body` decodes them when the view says into what."""

    media_type = "application/json"
    max_bytes = MAX_BODY_BYTES

    def parse(  # type: ignore[override]  # the stubs know of parsers that decode only
        self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None
    ) -> bytes:
        """Return the body. Raises TooLarge past `max_bytes`."""
        data: bytes = stream.read(self.max_bytes + 1)
        if len(data) > self.max_bytes:
            raise TooLarge(f"A request has at most {self.max_bytes} bytes.")
        return data


class BulkParser(StructParser):
    """The same for many changes in one request."""

    max_bytes = MAX_BULK_BYTES


class StructRenderer(BaseRenderer):
    """Writes structs, and what is made of them, as JSON."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Return the JSON bytes; nothing at all for no data."""
        return b"" if data is None else msgspec.json.encode(data, enc_hook=str)


def read_body(request: Request, kind: type[S]) -> S:
    """Decode the JSON body. Raises InvalidRequest when it does not fit `kind`, ParseError when it is no JSON."""
    data: object = request.data
    if not isinstance(data, bytes):  # no body at all: DRF hands out an empty dict
        raise InvalidRequest(field="", reason="a JSON body is required")
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise _refusal(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"The body is not JSON: {error}") from error


def read_query(request: Request, kind: type[S]) -> S:
    """Decode the query parameters. Raises InvalidRequest when one is unknown, given twice or does not fit."""
    for name, values in request.query_params.lists():
        if len(values) > 1:
            raise InvalidRequest(field=name, reason="given more than once")
        if "\0" in values[0]:
            raise InvalidRequest(field=name, reason="holds a NUL character")
    try:
        return msgspec.convert(request.query_params.dict(), kind, strict=False)
    except msgspec.ValidationError as error:
        raise _refusal(error) from error


def _refusal(error: msgspec.ValidationError) -> InvalidRequest:
    reason, _at, path = str(error).partition(" - at `$")
    return InvalidRequest(field=path.strip("`.").replace("[", ".").replace("]", "").lstrip("."), reason=reason)
