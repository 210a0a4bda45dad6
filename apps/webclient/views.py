"""The page of the web chat. Everything in it is drawn by `static/js`; the server only says where things are."""

import secrets
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from apps.accounts.services.applications import WEB_CLIENT_ID
from apps.webclient.addresses import script_urls, websocket_urls
from apps.webclient.csp import origin_of, strict_policy
from apps.webclient.middleware import HEADER
from apps.wire.frames import PROTOCOL_VERSION

API_URL: Final = "/api/v1"


@require_safe
@never_cache
@ensure_csrf_cookie
def chat(request: HttpRequest) -> HttpResponse:
    """Serve the page. It needs no session: its scripts sign in through OAuth 2 and hold the tokens themselves."""
    nonce = secrets.token_urlsafe(16)
    context = {"bootstrap": bootstrap_data(request), "csp_nonce": nonce, "scripts": script_urls()}
    response = render(request, "webclient/index.html", context)
    sockets = {origin_of(url) for url in websocket_urls(request)}
    response[HEADER] = strict_policy(nonce=nonce, connect=sorted(sockets))
    return response


def bootstrap_data(request: HttpRequest) -> dict[str, str | int | list[str]]:
    """What the page cannot know by itself: the addresses of the server, its protocol, and the visitor's language."""
    return {
        "client_id": WEB_CLIENT_ID,
        "authorize_url": reverse("oauth2_provider:authorize"),
        "token_url": reverse("oauth2_provider:token"),
        "revoke_url": reverse("oauth2_provider:revoke-token"),
        "logout_url": reverse("logout"),
        "api_url": API_URL,
        "ws_urls": websocket_urls(request),
        "language": get_language() or "en",
        "version": PROTOCOL_VERSION,
    }
