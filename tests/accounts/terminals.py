"""Terminals as a first sign-in makes them."""

from uuid import uuid4

from django.utils import timezone

from apps.accounts.models import Terminal, User


def terminal_of(user: User) -> Terminal:
    """A terminal of the user, seen just now."""
    made: Terminal = Terminal.unscoped.create(
        id=uuid4(), tenant=user.tenant, user=user, platform="linux", name="Desk", last_seen_at=timezone.now()
    )
    return made
