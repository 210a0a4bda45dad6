"""Bodies and answers that are files instead of JSON: read whole, within a bound; written piece by piece.

Nothing here knows what a file holds, nor how a browser is told to save it (`common.downloads`).
"""

from typing import IO, Any

from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from apps.common.downloads import MAX_UPLOAD_BYTES
from apps.common.rest.problems import InvalidRequest, TooLarge
from apps.common.rest.structs import StructRenderer


class FileParser(BaseParser):
    """Reads a body of one media type as bytes."""

    def parse(  # type: ignore[override]  # the stubs know of parsers that decode only
        self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None
    ) -> bytes:
        """Return the body. Raises TooLarge past MAX_UPLOAD_BYTES."""
        data: bytes = stream.read(MAX_UPLOAD_BYTES + 1)
        if len(data) > MAX_UPLOAD_BYTES:
            raise TooLarge(f"A file has at most {MAX_UPLOAD_BYTES} bytes here.")
        return data


class FileRenderer(StructRenderer):
    """Stands for a media type that a view answers with by itself; what passes through here is a problem, as JSON."""


def parsers_for(*media_types: str) -> list[type[FileParser]]:
    """Return a parser class per media type."""
    return [type("Parser", (FileParser,), {"media_type": media_type}) for media_type in media_types]


def renderers_for(**media_types: str) -> list[type[FileRenderer]]:
    """Return a renderer class per format."""
    return [
        type("Renderer", (FileRenderer,), {"media_type": media_type, "format": name})
        for name, media_type in media_types.items()
    ]


def read_file(request: Request) -> bytes:
    """Return the body of a request that carries a file. Raises InvalidRequest without one, TooLarge."""
    data: object = request.data
    if not isinstance(data, bytes):
        raise InvalidRequest(field="", reason="a file is required as body")
    return data
