"""Gives every response a Content-Security-Policy: the strict one, unless its view or its path says otherwise."""

from typing import Final

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from apps.webclient.csp import relaxed_policy, strict_policy

HEADER: Final = "Content-Security-Policy"
FORM_TARGETS: Final = "form_targets"
"""Attribute of a response: addresses that a form of the page may lead to. Browsers hold redirects after a form to it,
too, so a page of consent names where its program waits."""
RELAXED_PATHS: Final = ("/admin/", "/api/docs/")


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """Sets the header where the view has not: a view with needs of its own (nonce, further origins) sets it itself."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the policy that fits the path."""
        if HEADER not in response:
            relaxed = request.path.startswith(RELAXED_PATHS)
            forms = getattr(response, FORM_TARGETS, ())
            response[HEADER] = relaxed_policy() if relaxed else strict_policy(forms=forms)
        return response
