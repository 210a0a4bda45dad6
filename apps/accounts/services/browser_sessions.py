"""The browsers in which somebody is signed in to pages: noted as they are used, listed, ended one by one or all.

To end one is to delete its session, which every node reads at every request: so it is over everywhere at once. Whoever
comes in is noted here whatever door let her in, as the row is made by the first answer that her session has part in.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from apps.accounts.errors import TerminalNotFound
from apps.accounts.models import User
from apps.accounts.models.browsers import BrowserSession
from apps.accounts.services.trail import note
from apps.common.retry import run_in_transaction

MAX_SESSIONS: Final = 50
"""Browsers of one person; one more ends that which was used longest ago."""
RESOLUTION: Final = timedelta(minutes=5)
"""`last_used_at` may be older than the last request by this much: most requests write nothing."""

_KEPT: Final = "browser"


class Sight(NamedTuple):
    """What one request tells of a browser."""

    browser: str
    address: str
    at: datetime


class _Kept(NamedTuple):
    """What the session remembers: for which key it was noted (a digest), when last and first, unix seconds."""

    mark: str
    noted_s: float
    since_s: float


def is_worth_noting(session: SessionBase, *, now: datetime) -> bool:
    """Tell whether a session is somebody's and was not noted lately. No query: the session has been read."""
    if SESSION_KEY not in session:
        return False
    kept = _read(session)
    return kept is None or kept.mark != _mark(session) or not 0 <= now.timestamp() - kept.noted_s < RESOLUTION.seconds


def note_use(session: SessionBase, user: User, sight: Sight) -> None:
    """Note that somebody's session was used just now; make its row where it has none.

    A session that was ended while the request ran stays ended. Two queries, some more for a session that is new.
    """
    kept = _read(session)
    if kept is not None and kept.mark == _mark(session):
        rows = BrowserSession.objects.for_tenant(user.tenant_id).filter(user=user, session_id=session.session_key)
        if not rows.update(browser=sight.browser, address=sight.address, last_used_at=sight.at):
            return
    elif not run_in_transaction(lambda: _begin(session, user, sight, kept)):
        return
    since_s = sight.at.timestamp() if kept is None else kept.since_s
    session[_KEPT] = [_mark(session), sight.at.timestamp(), since_s]


def browser_sessions_of(user: User, *, now: datetime) -> QuerySet[BrowserSession]:
    """Return the browsers in which somebody is signed in, those used last first, at most MAX_SESSIONS. One query."""
    rows = BrowserSession.objects.for_tenant(user.tenant_id).filter(user=user, session__expire_date__gt=now)
    return rows.order_by("-last_used_at", "-pk")[:MAX_SESSIONS]


def end_own_browser(actor: User, *, browser_id: UUID, now: datetime) -> None:
    """Sign one of one's own browsers out. Raises TerminalNotFound when it is not hers or over."""

    def end() -> None:
        rows = BrowserSession.objects.for_tenant(actor.tenant_id).filter(user=actor, pk=browser_id)
        row = rows.select_for_update().first()
        if row is None:
            raise TerminalNotFound(terminal=str(browser_id))
        end_sessions([row.session_id])
        note("accounts.browser.ended", actor, now=now, after=told_of(row))

    run_in_transaction(end)


def end_browsers_of(user_id: UUID, *, tenant_id: UUID) -> None:
    """End all of somebody's. A request that shall outlive that takes another key: `update_session_auth_hash`."""
    rows = BrowserSession.objects.for_tenant(tenant_id).filter(user_id=user_id)
    end_sessions(list(rows.values_list("session_id", flat=True)))


def end_sessions(keys: Collection[str]) -> None:
    """End sessions by their keys; what is told of them here goes along."""
    Session.objects.filter(pk__in=keys).delete()


def told_of(row: BrowserSession) -> dict[str, Any]:
    """Return what the audit log says of a browser."""
    return {"browser": row.browser, "address": row.address}


def _begin(session: SessionBase, user: User, sight: Sight, kept: _Kept | None) -> bool:
    """Make the row of a session that has none, or another key by now. False when the session is over already."""
    if session.session_key is None:
        session.save()
    elif not session.exists(session.session_key):
        return False
    since = sight.at if kept is None else datetime.fromtimestamp(kept.since_s, tz=sight.at.tzinfo)
    BrowserSession.objects.for_tenant(user.tenant_id).update_or_create(
        session_id=session.session_key,
        defaults={
            "tenant_id": user.tenant_id,
            "user_id": user.pk,
            "browser": sight.browser,
            "address": sight.address,
            "signed_in_at": since,
            "last_used_at": sight.at,
        },
    )
    rows = BrowserSession.objects.for_tenant(user.tenant_id).filter(user_id=user.pk)
    too_many = rows.order_by("-last_used_at", "-pk").values_list("session_id", flat=True)[MAX_SESSIONS:]
    if surplus := list(too_many):
        end_sessions(surplus)
    return True


def _mark(session: SessionBase) -> str:
    """A digest of the key: Django gives a session another key and keeps what is in it."""
    return hashlib.sha256((session.session_key or "").encode()).hexdigest()[:16]


def _read(session: SessionBase) -> _Kept | None:
    try:
        mark, noted_s, since_s = session[_KEPT]
        return _Kept(str(mark), float(noted_s), float(since_s))
    except (KeyError, TypeError, ValueError):
        return None
