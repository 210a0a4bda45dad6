"""The page of one's own terminals: where they are, which are there now; name them, shut them out."""

from typing import NamedTuple
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.errors import TerminalNotFound
from apps.accounts.models import BrowserSession, Terminal
from apps.accounts.models.terminals import MAX_LABEL_CHARS
from apps.accounts.pages.visitor import login_first, visitor_of
from apps.accounts.places import described
from apps.accounts.selectors import terminals_of
from apps.accounts.services.browser_sessions import browser_sessions_of, end_own_browser
from apps.accounts.services.terminals import rename_terminal, revoke_other_terminals, revoke_own_terminal
from apps.common.errors import InvalidInput
from apps.events.asking import open_terminals


class BrowserRow(NamedTuple):
    """A browser that shows the pages, where it was last used from, and whether it is the one that asks."""

    browser: BrowserSession
    place: str
    is_this: bool


class Row(NamedTuple):
    """A terminal, where it was last used from, and whether it is there now."""

    terminal: Terminal
    place: str
    is_online: bool


@require_safe
@never_cache
@login_required
def terminals(request: HttpRequest) -> HttpResponse:
    """Show the terminals that may sign in and the browsers that are signed in, those used last first."""
    user = visitor_of(request)
    there = open_terminals(user.pk)
    rows = [Row(terminal, described(terminal.address), terminal.pk in there) for terminal in terminals_of(user)]
    key = request.session.session_key
    browsers = [
        BrowserRow(row, described(row.address), row.session_id == key)
        for row in browser_sessions_of(user, now=timezone.now())
    ]
    context = {"terminals": rows, "browsers": browsers, "max_label_chars": MAX_LABEL_CHARS}
    return render(request, "accounts/terminals.html", context)


@require_POST
@login_first("account-terminals")
def rename(request: HttpRequest, terminal_id: UUID) -> HttpResponse:
    """Give a terminal the name that was typed."""
    try:
        terminal = rename_terminal(visitor_of(request), terminal_id=terminal_id, label=request.POST.get("label", ""))
    except (TerminalNotFound, InvalidInput) as error:
        messages.error(request, error.text)
    else:
        messages.success(request, _("It is called “%(name)s” now.") % {"name": terminal})
    return redirect("account-terminals")


@require_POST
@login_first("account-terminals")
def end_browser(request: HttpRequest, browser_id: UUID) -> HttpResponse:
    """Sign one browser out; everything else stays as it is."""
    try:
        end_own_browser(visitor_of(request), browser_id=browser_id, now=timezone.now())
    except TerminalNotFound as error:
        messages.error(request, error.text)
    else:
        messages.success(request, _("That browser is signed out."))
    return redirect("account-terminals")


@require_POST
@login_first("account-terminals")
def revoke(request: HttpRequest, terminal_id: UUID) -> HttpResponse:
    """Shut a terminal out. That ends all browser sessions of the person; this one, which asked for it, stays."""
    user = visitor_of(request)
    try:
        revoke_own_terminal(user, terminal_id=terminal_id, now=timezone.now())
    except TerminalNotFound as error:
        messages.error(request, error.text)
    else:
        update_session_auth_hash(request, user)
        messages.success(request, _("It is signed out and can't come back without a new sign-in."))
    return redirect("account-terminals")


@require_POST
@login_first("account-terminals")
def revoke_others(request: HttpRequest) -> HttpResponse:
    """Shut out all terminals but the one in this browser, which the page's script names; unnamed, it goes as well."""
    user = visitor_of(request)
    count = revoke_other_terminals(user, keep=_kept(request), now=timezone.now())
    update_session_auth_hash(request, user)
    text = ngettext("%(count)d terminal is signed out.", "%(count)d terminals are signed out.", count)
    messages.success(request, text % {"count": count})
    return redirect("account-terminals")


def _kept(request: HttpRequest) -> list[UUID]:
    try:
        return [UUID(request.POST.get("keep", ""))]
    except ValueError:
        return []
