"""The page of one's linked accounts: which there are, linking another, taking one away."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.models import User
from apps.accounts.pages.visitor import login_first
from apps.accounts.services import entry
from apps.common.errors import ImError
from apps.identity.pages.purpose import proof_first
from apps.identity.selectors import links_of, ways_in
from apps.identity.services.links import unlink_account


@require_GET
@never_cache
@login_required
def links(request: HttpRequest) -> HttpResponse:
    """Show them. Two queries."""
    user = _visitor(request)
    own = list(links_of(user))
    linked = {each.connection_id for each in own}
    offered = [each for each in ways_in(user.tenant_id) if each.pk not in linked]
    context = {"links": own, "offered": offered, "is_recent": entry.is_recent(request)}
    return render(request, "identity/links.html", context)


@require_POST
@never_cache
@login_first("account-links")
def unlink(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Take one away, soon after signing in."""
    if not entry.is_recent(request):
        return proof_first()
    try:
        unlink_account(_visitor(request), link_id=link_id, now=timezone.now())
        messages.success(request, _("The account is no longer linked."))
    except ImError as error:
        messages.error(request, error.text)
    return redirect("account-links")


def _visitor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - as the decorator of every page has seen to
    return request.user
