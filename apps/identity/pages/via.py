"""Leaving for another party, and coming back from one that speaks OAuth 2.0."""

from typing import Any
from uuid import UUID

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from apps.accounts.models import User
from apps.accounts.pages.visitor import login_first
from apps.accounts.services import entry
from apps.common.errors import ImError
from apps.identity.adapters import Turned
from apps.identity.errors import ConnectionNotFound, ConnectionUnset
from apps.identity.models import Connection
from apps.identity.pages import saml
from apps.identity.pages.purpose import Purpose, failed, fulfil, proof_first, turned_away, way_in
from apps.identity.providers.base import Arrived, ConnectionAdapter
from apps.identity.providers.kinds import OAUTH

LOGIN, CONNECT = "login", "connect"
"""What allauth calls the two purposes."""

_UNASKED = (OAuth2Error, RequestException, KeyError)
"""What an issuer raises whose own description can't be had, or lacks something."""


@require_GET
@never_cache
def start(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Leave, to sign in."""
    return _leave(request, connection_id, Purpose(next_url=entry.own_address(request, request.GET.get("next", ""))))


@require_POST
@never_cache
@login_first("account-links")
def link(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Leave, to link an account: only with a form of ours, and only soon after signing in."""
    if not entry.is_recent(request):
        return proof_first()
    assert isinstance(request.user, User)  # noqa: S101 - as the decorator has seen to
    response = _leave(request, connection_id, Purpose(links_for=request.user.pk.hex))
    where = response.headers["Location"]
    if where.startswith("/"):
        return response
    # Our policy lets forms lead to this site only, and browsers hold a redirect to that, too; a page of its own may go.
    return render(request, "identity/leaving.html", {"where": where})


@require_GET
@never_cache
def callback(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Come back with a code."""
    connection = _found(request, connection_id)
    try:
        adapter = _adapter(request, connection)
    except ConnectionUnset as error:
        return turned_away(request, connection, error, Purpose())
    code = request.GET.get("authCode")  # as DingTalk calls it
    if code is not None:
        named = request.GET.copy()
        named["code"] = code
        request.GET = named  # type: ignore[assignment]  # as mutable as it need not be
    view: Any = _Callback.adapter_view(adapter)
    try:
        answer: HttpResponse = view(request)
    except Arrived as arrived:
        return fulfil(request, connection, arrived.visitor, _purpose(adapter.state))
    except Turned as turned:
        purpose = _purpose(adapter.state)
        return failed(request, connection, purpose, reason=turned.reason, is_cancelled=turned.is_cancelled)
    except _UNASKED as error:
        return failed(request, connection, _purpose(adapter.state), reason=f"{type(error).__name__}: {error}")
    except ImError as error:
        return turned_away(request, connection, error, _purpose(adapter.state))
    return answer


class _Callback(OAuth2CallbackView):
    """Lets the adapter know what was kept when the person left."""

    adapter: ConnectionAdapter[Any]

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        self.adapter.state = state or {}
        return state, response


def _leave(request: HttpRequest, connection_id: UUID, purpose: Purpose) -> HttpResponse:
    connection = _found(request, connection_id)
    if connection.kind == Connection.Kind.SAML:
        return saml.leave(request, connection, purpose)
    try:
        provider = _adapter(request, connection).get_provider()
        process = CONNECT if purpose.links_for else LOGIN
        response: HttpResponse = provider.redirect(
            request, process, next_url=purpose.next_url, data={"links_for": purpose.links_for}
        )
    except _UNASKED as error:
        return failed(request, connection, purpose, reason=f"{type(error).__name__}: {error}")
    except ImError as error:
        return turned_away(request, connection, error, purpose)
    return response


def _found(request: HttpRequest, connection_id: UUID) -> Connection:
    try:
        return way_in(request, connection_id)
    except ConnectionNotFound as error:
        raise Http404 from error


def _adapter(request: HttpRequest, connection: Connection) -> ConnectionAdapter[Any]:
    if connection.kind not in OAUTH:
        raise Http404
    return OAUTH[connection.kind](request, connection)


def _purpose(state: dict[str, Any]) -> Purpose:
    """What the session has kept."""
    kept = state.get("data") or {}
    return Purpose(next_url=str(state.get("next") or ""), links_for=str(kept.get("links_for") or ""))
