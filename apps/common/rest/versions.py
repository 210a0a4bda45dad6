"""Optimistic locking: an answer carries its row's version as ETag, a change says with If-Match which one it is of.

The services compare, under the row's lock, and raise Stale; `problems` turns that into 412 where If-Match was sent.
"""

import re
from typing import Any, Final

from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.rest.problems import InvalidRequest

ETAG_PATTERN: Final = r'^"[1-9][0-9]{0,8}"$'


class VersionRequired(exceptions.APIException):
    """A change did not say of which version it is: it could undo what somebody else did."""

    status_code = 428
    default_code = "version_required"
    default_detail = 'Send If-Match with the version that you have read, like "3".'


def read_version(request: Request) -> int:
    """Return the version of If-Match. Raises VersionRequired without one, InvalidRequest for anything but one ETag."""
    tag = request.headers.get("If-Match")
    if tag is None:
        raise VersionRequired
    if re.fullmatch(ETAG_PATTERN, tag) is None:
        raise InvalidRequest(field="If-Match", reason='must be one version in quotation marks, like "3"')
    return int(tag.strip('"'))


def versioned(body: Any, version: int, *, status: int = 200) -> Response:
    """Return an answer with its version as ETag."""
    return Response(body, status=status, headers={"ETag": f'"{version}"'})
