"""Says that this process answers. `manage.py up`, containers and load balancers ask.

They ask by address, which need not be a host name of the installation, so this comes before anything that looks at one.
"""

from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.deprecation import MiddlewareMixin

PATH: Final = "/healthz"


class HealthMiddleware(MiddlewareMixin):
    """Answers for `PATH` itself and leaves everything else alone. Put it first."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Answer at once; None passes the request on."""
        return JsonResponse({"status": "ok"}) if request.path == PATH else None
