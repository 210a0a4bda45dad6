"""Why somebody left for another party, and what becomes of it when she is back.

Linking is bound to who was signed in when she left: coming back as somebody else links nothing.
"""

import logging
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services import entry
from apps.common.errors import ImError
from apps.common.wall.binding import bind
from apps.identity.errors import (
    ConnectionNotFound,
    ConnectionUnset,
    LinkRefused,
    ProviderCancelled,
    ProviderFailed,
    ProviderUnset,
)
from apps.identity.models import Connection
from apps.identity.policies import Visitor
from apps.identity.selectors import get_way_in
from apps.identity.services.arriving import link_account, welcome
from apps.tenants.resolution import named_tenant

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Purpose:
    """To sign in, or (with a person's id in hexadecimal) to link."""

    next_url: str = ""
    links_for: str = ""


def way_in(request: HttpRequest, connection_id: UUID) -> Connection:
    """Return the connection that an address names, and bind the request to its tenant.

    Raises ConnectionNotFound, also at the host name of another tenant and for somebody signed in to one.
    """
    connection = get_way_in(connection_id)
    at_host = named_tenant(request)
    is_foreign = at_host is not None and at_host.id != connection.tenant_id
    if is_foreign or (isinstance(request.user, User) and request.user.tenant_id != connection.tenant_id):
        raise ConnectionNotFound(connection=str(connection_id))
    bind(connection.tenant_id)
    return connection


def fulfil(request: HttpRequest, connection: Connection, visitor: Visitor, purpose: Purpose) -> HttpResponse:
    """Sign her in, or link her account; what is refused is said where she came from."""
    now = timezone.now()
    try:
        if purpose.links_for:
            user = request.user
            if not isinstance(user, User) or user.pk.hex != purpose.links_for or not entry.is_recent(request):
                raise LinkRefused(name=connection.name)
            link_account(user, connection, visitor, now=now)
            messages.success(request, _("%(name)s is linked to your account.") % {"name": connection.name})
            return redirect("account-links")
        person = welcome(connection, visitor, now=now)
        return redirect(entry.first_factor_passed(request, person, method=connection.kind, next_url=purpose.next_url))
    except ImError as error:
        return turned_away(request, connection, error, purpose)


def failed(
    request: HttpRequest, connection: Connection, purpose: Purpose, *, reason: str, is_cancelled: bool = False
) -> HttpResponse:
    """Say that it did not work; why is for the log."""
    logger.warning(
        "sign-in elsewhere failed: connection=%s kind=%s reason=%s", connection.pk, connection.kind, reason[:300]
    )
    error = ProviderCancelled if is_cancelled else ProviderFailed
    return turned_away(request, connection, error(name=connection.name), purpose)


def turned_away(request: HttpRequest, connection: Connection, error: ImError, purpose: Purpose) -> HttpResponse:
    """Lead back to where she came from, and say why there. At the door she finds the other ways into her tenant."""
    if isinstance(error, ConnectionUnset):
        logger.warning("sign-in elsewhere is not set up: connection=%s reason=%s", connection.pk, error.text)
        error = ProviderUnset(name=connection.name)
    messages.error(request, error.text)
    if purpose.links_for or request.user.is_authenticated:
        return redirect("account-links")
    asked = {} if named_tenant(request) else {"tenant": connection.tenant.slug}
    asked |= {"next": purpose.next_url} if purpose.next_url else {}
    return redirect(f"{reverse('login')}?{urlencode(asked)}" if asked else "login")


def proof_first() -> HttpResponse:
    """Ask for a proof of who she is; the form that needed it is sent anew by her."""
    return redirect(f"{reverse('account-confirm')}?{urlencode({'next': reverse('account-links')})}")
