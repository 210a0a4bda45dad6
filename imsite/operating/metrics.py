"""Tells monitoring the figures of this node and its cluster, on the port of pages and REST.

Scrapers ask by address, which need not be a host name of the installation, so this comes before anything that looks at
one. Not here: what the figures are.
"""

from ipaddress import ip_address
from typing import Any, Final

from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.deprecation import MiddlewareMixin

from apps.cluster.services import current
from apps.common.errors import ImError
from imsite.operating.exposition import CONTENT_TYPE, exposition

PATH: Final = "/metrics"

FORWARDED: Final = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")
"""Whoever asks through a proxy has one of these; then the address, perhaps this machine's, is the proxy's own."""


class MetricsMiddleware(MiddlewareMixin):
    """Answers for `PATH` itself and leaves everything else alone."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Answer at once; None passes the request on."""
        if request.path != PATH:
            return None
        if not may_read(request):
            return HttpResponse("for this machine, or with the token of IM_METRICS_TOKEN\n", "text/plain", 403)
        try:
            return HttpResponse(exposition(_status()), CONTENT_TYPE)
        except ImError:
            return HttpResponse("the control plane of this node does not answer\n", "text/plain", 503)


def may_read(request: HttpRequest) -> bool:
    """Whether the request has the token, or comes from this machine itself."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.IM_METRICS_TOKEN and constant_time_compare(given, settings.IM_METRICS_TOKEN):
        return True
    return not any(name in request.headers for name in FORWARDED) and _is_loopback(request.META.get("REMOTE_ADDR"))


def _status() -> dict[str, Any] | None:
    """What this node says of itself; None if it is no node. Raises ClusterUnavailable, soon if it is stuck."""
    cluster = current()
    return async_to_sync(cluster.status)() if cluster is not None else None


def _is_loopback(text: str | None) -> bool:
    try:
        address = ip_address(text or "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
