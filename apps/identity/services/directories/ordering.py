"""Runs that an administrator asks for and does not wait for: a page shows how far they are."""

from datetime import datetime
from uuid import UUID

from apps.access.selectors import Actor
from apps.identity.errors import RunNotFound
from apps.identity.models import DirectoryRun
from apps.identity.services.directories.background import Work, background
from apps.identity.services.directories.runs import Yes, begin, carry_out, confirmable, directory_for
from apps.identity.syncing.safety import Vanishing


def order_preview(actor: Actor, *, connection_id: UUID, now: datetime) -> DirectoryRun:
    """Begin a preview and return it.

    Raises ConnectionNotFound, NotPermitted, DirectoryUnset, DirectoryBusy or DirectoriesBusy.
    """
    return _order(actor, connection_id, Yes(), is_preview=True, now=now)


def order_run(actor: Actor, *, connection_id: UUID, now: datetime) -> DirectoryRun:
    """Begin a run such as those on time, which stops where too much would vanish. Raises as `order_preview` does."""
    return _order(actor, connection_id, Yes(), is_preview=False, now=now)


def order_shown(actor: Actor, *, run_id: UUID, accepts_losses: bool, now: datetime) -> DirectoryRun:
    """Begin to do exactly what a run shows; if anything else came out now, nothing is done.

    `accepts_losses`: whether she has also said yes to what it lets vanish beyond the bounds. Raises RunNotFound, and as
    `order_preview` does.
    """
    found = DirectoryRun.unscoped.filter(pk=run_id).values_list("connection_id", flat=True).first()
    if found is None:
        raise RunNotFound(run=str(run_id))
    run = confirmable(directory_for(actor, found, now=now), run_id)
    yes = Yes(digest=run.digest or "-", losses=Vanishing(**run.vanishing) if accepts_losses else None)
    return _order(actor, run.connection_id, yes, is_preview=False, now=now)


def _order(actor: Actor, connection_id: UUID, yes: Yes, *, is_preview: bool, now: datetime) -> DirectoryRun:
    made: list[DirectoryRun] = []

    def prepare() -> Work:
        order = begin(actor, connection_id=connection_id, is_preview=is_preview, yes=yes, now=now)
        made.append(order.run)
        return lambda: carry_out(order, now=now)

    background.begin(prepare)
    return made[0]
