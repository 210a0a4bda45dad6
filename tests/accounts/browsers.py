"""Browsers that are signed in, as rows."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.accounts.models import BrowserSession, User


def browser_of(user: User, name: str = "Firefox · Linux", *, used_at: datetime | None = None) -> BrowserSession:
    """A session of somebody's that nobody asks with, and what is told of it."""
    now = timezone.now()
    session = Session.objects.create(session_key=uuid4().hex, session_data="", expire_date=now + timedelta(days=1))
    return BrowserSession.unscoped.create(
        tenant=user.tenant, user=user, session=session, browser=name, signed_in_at=now, last_used_at=used_at or now
    )
