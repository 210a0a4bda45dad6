"""Bounds on what the endpoints are sent, and how they refuse."""

from collections.abc import Iterable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse

MAX_FIELD_CHARS: Final = 8192
_COLUMN_CHARS: Final = {"client_id": 255, "code_challenge": 128, "nonce": 255}
"""Parameters that the toolkit stores, or looks up, without asking whether they fit."""
_REPEATABLE: Final = frozenset({"resource"})
"""Parameters that may be repeated (RFC 8707); any other may not (RFC 6749 §3.1)."""


class BoundedParameters:
    """Mixin of views: refuses parameters that no client of ours sends and the database could not hold."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer 400 to a NUL character, a parameter that is too long or repeated; let anything else through."""
        for given in (request.GET, request.POST):
            for name, values in given.lists():
                if _is_unfit(name, values):
                    return refusal(
                        "invalid_request", "A parameter is too long, repeated, or holds a NUL character.", status=400
                    )
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # a view's
        return answer


def refusal(code: str, text: str, *, status: int, wait_s: int = 0) -> HttpResponse:
    """Return a refusal as RFC 6749 §5.2 has it; `wait_s`: when to come back."""
    response = JsonResponse({"error": code, "error_description": text}, status=status)
    response["Cache-Control"] = "no-store"
    if wait_s:
        response["Retry-After"] = str(wait_s)
    return response


def _is_unfit(name: str, values: Iterable[str | object]) -> bool:
    texts, limit = [str(value) for value in values], _COLUMN_CHARS.get(name, MAX_FIELD_CHARS)
    if len(texts) > 1 and name not in _REPEATABLE:
        return True
    return "\0" in name or any("\0" in text or len(text) > limit for text in texts)
