"""Tells monitoring the figures of this node and its cluster, on the port of pages and REST.

Scrapers ask by address, which need not be a host name of the installation, so this comes before anything that looks at
one. Not here: what the figures are.
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.utils.deprecation import MiddlewareMixin

from apps.common.clock import now_ms
from apps.metrics.adapters.openmetrics import expose
from apps.metrics.adapters.plain import plain
from imsite.operating.monitoring import everything

FORWARDED: Final = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")
"""Whoever asks through a proxy has one of these; then the address, perhaps this machine's, is the proxy's own."""


class MetricsMiddleware(MiddlewareMixin):
    """Answers for its two paths itself and leaves everything else alone."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Answer at once; None passes the request on."""
        answer = ANSWERS.get(request.path)
        if answer is None:
            return None
        if not may_read(request):
            return HttpResponse("for this machine, or with the token of IM_METRICS_TOKEN\n", "text/plain", 403)
        return answer(request)


def may_read(request: HttpRequest) -> bool:
    """Whether the request has the token, or comes from this machine itself."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.IM_METRICS_TOKEN and constant_time_compare(given, settings.IM_METRICS_TOKEN):
        return True
    return not any(name in request.headers for name in FORWARDED) and _is_loopback(request.META.get("REMOTE_ADDR"))


def _as_text(request: HttpRequest) -> HttpResponse:
    return HttpResponse(*expose(everything(), request.headers.get("Accept", "")))


def _as_json(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"time": now_ms(), "metrics": plain(everything())})


ANSWERS: Final[dict[str, Callable[[HttpRequest], HttpResponse]]] = {"/metrics": _as_text, "/metrics.json": _as_json}


def _is_loopback(text: str | None) -> bool:
    try:
        address = ip_address(text or "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
