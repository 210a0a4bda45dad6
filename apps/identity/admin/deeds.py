"""What the page of a connection can be asked to do besides storing it: each by a button, so never by a link."""

from collections.abc import Callable, Mapping
from typing import Final

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.admin import acting
from apps.identity.configs.reading import FEDERATED
from apps.identity.models import Connection, DirectoryRun
from apps.identity.services.directories.checking import check_directory
from apps.identity.services.directories.ordering import order_preview, order_run
from apps.identity.services.scim.tokens import make_token, revoke_tokens
from apps.identity.services.trying import try_connection

Deed = Callable[[HttpRequest, Connection], HttpResponse]


def page_of(connection: Connection) -> str:
    """Return the address of a connection's page."""
    return reverse("admin:identity_connection_change", args=[connection.pk])


def page_of_run(run: DirectoryRun) -> str:
    """Return the address of a run's page."""
    return reverse("admin:identity_directoryrun_change", args=[run.pk])


def _try_out(request: HttpRequest, connection: Connection) -> HttpResponse:
    messages.success(request, try_connection(connection))
    return HttpResponseRedirect(page_of(connection))


def _check(request: HttpRequest, connection: Connection) -> HttpResponse:
    for answer in check_directory(acting(request), connection_id=connection.pk, now=timezone.now()):
        messages.add_message(request, messages.SUCCESS if answer.is_well else messages.ERROR, answer.text)
    return HttpResponseRedirect(page_of(connection))


def _preview(request: HttpRequest, connection: Connection) -> HttpResponse:
    run = order_preview(acting(request), connection_id=connection.pk, now=timezone.now())
    return HttpResponseRedirect(page_of_run(run))


def _run(request: HttpRequest, connection: Connection) -> HttpResponse:
    run = order_run(acting(request), connection_id=connection.pk, now=timezone.now())
    return HttpResponseRedirect(page_of_run(run))


def _make_token(request: HttpRequest, connection: Connection) -> HttpResponse:
    """The token is on the page that answers the request which made it, and nowhere else."""
    token = make_token(acting(request), connection_id=connection.pk, now=timezone.now())
    context = {
        **admin.site.each_context(request),
        "title": _("Token of %(name)s") % {"name": connection.name},
        "token": token,
        "address": request.build_absolute_uri(scim_address_of(connection)),
        "back": page_of(connection),
    }
    response = TemplateResponse(request, "admin/identity/token.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _revoke_tokens(request: HttpRequest, connection: Connection) -> HttpResponse:
    count = revoke_tokens(acting(request), connection_id=connection.pk, now=timezone.now())
    text = ngettext("%(count)d token revoked.", "%(count)d tokens revoked.", count)
    messages.success(request, text % {"count": count})
    return HttpResponseRedirect(page_of(connection))


def scim_address_of(connection: Connection) -> str:
    """Return the path below which a SCIM client tells of its people."""
    return reverse("scim:users", args=[connection.pk]).removesuffix("Users")


DEEDS: Final[Mapping[str, Mapping[str, Deed]]] = {
    **{kind: {"check": _try_out} for kind in FEDERATED},
    Connection.Kind.LDAP: {"check": _check, "preview": _preview, "run": _run},
    Connection.Kind.SCIM: {"token": _make_token, "revoke": _revoke_tokens},
}
"""By kind of connection, and name in the address."""
