"""Files that people send and fetch by their browsers or programs: how large, and how an answer is saved."""

from collections.abc import Iterable
from typing import Final

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

MAX_UPLOAD_BYTES: Final = 2 * 1024 * 1024
"""As large as any request to this server may be; whoever has more uses the command line."""


def answer_file(chunks: Iterable[bytes], *, name: str, media_type: str) -> StreamingHttpResponse:
    """Return an answer that is saved as `name` and never shown in a page."""
    disposition = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": disposition}
    return StreamingHttpResponse(chunks, content_type=media_type, headers=headers)
