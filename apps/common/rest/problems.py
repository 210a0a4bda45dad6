"""Refusals as `application/problem+json` (RFC 9457) with a stable code, whatever raised them."""

import logging
import sys
from http import HTTPStatus
from math import ceil
from typing import Annotated, Any, Final

import msgspec
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from apps.common.errors import FieldValue, ImError, Stale, Unavailable

logger = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
API_PREFIX: Final = "/api/"


class FieldProblem(msgspec.Struct, frozen=True):
    """What is wrong with one field of the request."""

    field: str
    reason: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A refusal. Programs switch on `code`, which never changes meaning; `detail` is for people, in their language."""

    title: str
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    detail: str
    code: str
    type: str = "about:blank"
    fields: dict[str, FieldValue] = {}
    errors: list[FieldProblem] = []

    def to_json(self) -> dict[str, Any]:
        """Return the object as it travels; `type` always shows."""
        return {"type": self.type, **msgspec.to_builtins(self)}


class InvalidRequest(exceptions.APIException):
    """The body or a parameter does not have the documented form."""

    status_code = 400
    default_code = "invalid_input"

    def __init__(self, *, field: str, reason: str) -> None:
        self.problem = FieldProblem(field=field, reason=reason)
        super().__init__(f"{field}: {reason}" if field else reason)


class TooLarge(exceptions.APIException):
    """The body is larger than any request of this API needs to be."""

    status_code = 413
    default_code = "too_large"


_CODES: Final[dict[type[Exception], str]] = {
    InvalidRequest: "invalid_input",
    TooLarge: "too_large",
    exceptions.ParseError: "malformed_request",
    exceptions.ValidationError: "invalid_input",
    exceptions.NotAuthenticated: "sign_in_required",
    exceptions.AuthenticationFailed: "token_invalid",
    exceptions.PermissionDenied: "not_allowed",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "rate_limited",
}
_STALE: Final = HTTPStatus.PRECONDITION_FAILED


def handle_exception(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raised into a problem; None for a defect, which Django logs and answers with 500."""
    translated = _translated(exception)
    if isinstance(translated, ImError):
        status = _STALE if isinstance(translated, Stale) and _is_conditional(context) else translated.status
        problem, headers = _of_im_error(translated, status), _retry_header(translated.retry_after_ms / 1000)
        if translated.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Bearer realm="imsite", error="invalid_token"'
    elif isinstance(translated, exceptions.APIException):
        problem, headers = _of_api_exception(translated), _headers_of(translated)
    else:
        return None
    return Response(problem.to_json(), status=problem.status, headers=headers, content_type=MEDIA_TYPE)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an unknown address: a problem below `/api/`, else a page."""
    if not request.path.startswith(API_PREFIX):
        return defaults.page_not_found(request, exception)
    return _plain(Problem(**_standard(404), detail=_("There is nothing at this address."), code="not_found"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after a defect, which is in the log: a problem below `/api/`, else a page.

    A page that could not reach the database says that it may do so later, as the API does.
    """
    if request.path.startswith(API_PREFIX):
        return _plain(Problem(**_standard(500), detail=str(ImError.message), code=ImError.code))
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return defaults.server_error(request)
    page = defaults.server_error(request, template_name="503.html")
    page.status_code = Unavailable.status
    page["Retry-After"] = str(ceil(Unavailable.retry_after_ms / 1000))
    return page


def _translated(exception: Exception) -> Exception:
    match exception:
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return TooLarge(_("The request is too large."))
        case SuspiciousOperation():
            return exceptions.ParseError()
        case OperationalError() | InterfaceError():
            logger.error("database unavailable to a request", exc_info=exception)
            return Unavailable()
        case _:
            return exception


def _is_conditional(context: dict[str, Any]) -> bool:
    """Whether the request named a version; RFC 9110 §13.1.1 then has a status of its own for the stale one."""
    return "request" in context and "If-Match" in context["request"].headers


def _of_im_error(error: ImError, status: int) -> Problem:
    errors = []
    if error.code == "invalid_input" and "field" in error.fields:
        errors = [FieldProblem(field=str(error.fields["field"]), reason=str(error.fields.get("reason", "")))]
    return Problem(**_standard(status), detail=error.text, code=error.code, fields=error.fields, errors=errors)


def _of_api_exception(error: exceptions.APIException) -> Problem:
    return Problem(
        **_standard(error.status_code),
        detail=str(error.detail),
        code=_CODES.get(type(error), error.default_code),
        errors=[error.problem] if isinstance(error, InvalidRequest) else [],
    )


def _headers_of(error: exceptions.APIException) -> dict[str, str]:
    headers = _retry_header(getattr(error, "wait", None) or 0)
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return headers


def _retry_header(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(ceil(seconds))} if seconds else {}


def _standard(status: int) -> dict[str, Any]:
    return {"status": status, "title": HTTPStatus(status).phrase}


def _plain(problem: Problem) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(problem.to_json()), status=problem.status, content_type=MEDIA_TYPE)
