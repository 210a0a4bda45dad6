"""Says that this process lives, and whether people should be sent here. Containers and load balancers ask.

They ask by address, which need not be a host name of the installation, so this comes before anything that looks at one.
A node that lives but is not ready is not to be killed: it waits for the others, or cannot reach them.
"""

from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.deprecation import MiddlewareMixin

from apps.cluster import services

LIVE_PATH: Final = "/healthz"
READY_PATH: Final = "/readyz"


class HealthMiddleware(MiddlewareMixin):
    """Answers for its two paths itself and leaves everything else alone. Put it first."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Answer at once; None passes the request on."""
        if request.path == LIVE_PATH:
            return JsonResponse({"status": "ok"})
        if request.path == READY_PATH:
            lack = services.lack()
            response = JsonResponse({"status": lack or "ok"}, status=503 if lack else 200)
            response._has_been_logged = True  # type: ignore[attr-defined]  # a node that waits is no error of a request
            return response
        return None
