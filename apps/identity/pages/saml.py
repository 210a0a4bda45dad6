"""Coming back from a SAML provider, which lets the browser post its answer to us from its own page.

The session's cookie does not come along with a post from elsewhere (SameSite=Lax). Such a post is answered with a page
of ours that posts the same once more; then the session is there, and with it the request that was ours.
"""

import time
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from apps.identity.configs.federated import SamlConfig
from apps.identity.configs.reading import read_config
from apps.identity.errors import ConnectionNotFound, ConnectionUnset
from apps.identity.models import Connection
from apps.identity.pages.purpose import Purpose, failed, fulfil, turned_away, way_in
from apps.identity.providers.saml import (
    MAX_ANSWER_CHARS,
    AssertionRefused,
    Exchange,
    Service,
    answered,
    asked,
    metadata_of,
)
from apps.identity.selectors import get_way_in

ASKED_S: Final = 600
"""So long may somebody be at the provider; then she begins anew."""

_PENDING: Final = "identity_saml"
"""In the session: the one request that was sent last. A second tab's replaces it."""


def leave(request: HttpRequest, connection: Connection, purpose: Purpose) -> HttpResponse:
    """Send the browser to the provider, and remember what was asked for."""
    try:
        config = read_config(connection.config, SamlConfig)
        url, request_id = asked(config, service_of(request, connection.pk), _exchange(request), relay_state="")
    except ConnectionUnset as error:
        return turned_away(request, connection, error, purpose)
    request.session[_PENDING] = {
        "connection": connection.pk.hex,
        "request": request_id,
        "at": time.time(),
        "next": purpose.next_url,
        "links_for": purpose.links_for,
    }
    return redirect(url)


@csrf_exempt
@require_POST
@never_cache
def come_back(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Take the provider's answer. No token of ours guards it: the request's id in the session does, used once."""
    answer = request.POST.get("SAMLResponse", "")
    if not answer or len(answer) > MAX_ANSWER_CHARS:
        raise Http404
    if _PENDING not in request.session and "again" not in request.POST:
        return render(request, "identity/again.html", {"answer": answer})
    connection = _found(request, connection_id)
    pending: dict[str, Any] = request.session.pop(_PENDING, None) or {}
    purpose = Purpose(next_url=pending.get("next", ""), links_for=pending.get("links_for", ""))
    is_due = pending.get("connection") == connection.pk.hex and 0 <= time.time() - pending["at"] <= ASKED_S
    if not is_due:
        return failed(request, connection, purpose, reason="no request of this browser")
    try:
        config = read_config(connection.config, SamlConfig)
        visitor = answered(
            config, service_of(request, connection.pk), _exchange(request), request_id=pending["request"]
        )
    except AssertionRefused as refusal:
        return failed(request, connection, purpose, reason=str(refusal))
    except ConnectionUnset as error:
        return turned_away(request, connection, error, purpose)
    return fulfil(request, connection, visitor, purpose)


@require_GET
def metadata(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Tell the provider who we are."""
    try:
        connection = get_way_in(connection_id)
        if connection.kind != Connection.Kind.SAML:
            raise Http404
        config = read_config(connection.config, SamlConfig)
        found = metadata_of(config, service_of(request, connection.pk))
    except (ConnectionNotFound, ConnectionUnset) as error:
        raise Http404 from error
    return HttpResponse(found, content_type="application/samlmetadata+xml")


def service_of(request: HttpRequest, connection_id: UUID) -> Service:
    """Return what we are to the provider of this connection."""
    return Service(
        acs_url=request.build_absolute_uri(reverse("identity-saml", args=[connection_id])),
        entity_id=request.build_absolute_uri(reverse("identity-saml-metadata", args=[connection_id])),
    )


def _exchange(request: HttpRequest) -> Exchange:
    form = {"SAMLResponse": request.POST["SAMLResponse"]} if "SAMLResponse" in request.POST else {}
    return Exchange(request.is_secure(), request.get_host(), request.path, form)


def _found(request: HttpRequest, connection_id: UUID) -> Connection:
    try:
        connection = way_in(request, connection_id)
    except ConnectionNotFound as error:
        raise Http404 from error
    if connection.kind != Connection.Kind.SAML:
        raise Http404
    return connection
