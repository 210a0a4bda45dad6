"""What has to be done about accounts on time."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from apps.accounts.services.expiring import expired_tokens, expired_traces
from apps.accounts.services.keys import keys, read_ring
from apps.jobs.registry import Periodic
from apps.jobs.sweeping import sweep
from apps.jobs.turns import Turn


def forget_expired(turn: Turn) -> None:
    """Delete what has expired and nobody has to recognise any more."""
    for rows in (*expired_tokens(turn.now), *expired_traces(turn.now)):
        sweep(turn, rows)


def keep_keys_current(turn: Turn) -> None:
    """Make the keys that follow those of today, if it is time, although nobody has signed anything since."""
    before = {key.kid for key in read_ring()}
    keys.forget()  # what this process knows may be half a minute old
    keys.public_keys()
    turn.did(sum(key.kid not in before for key in read_ring()))


JOBS = (
    Periodic(
        name="accounts.forget_expired",
        title=_("Forget what has expired: tokens, sessions, tickets, links"),
        every=timedelta(hours=1),
        limit=timedelta(hours=2),
        work=forget_expired,
    ),
    Periodic(
        name="accounts.keep_keys_current",
        title=_("Keep the signing keys current"),
        every=timedelta(hours=6),
        limit=timedelta(minutes=10),
        work=keep_keys_current,
    ),
)
