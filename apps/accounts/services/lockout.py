"""Slowing down whoever guesses, on all nodes together: failures are counted in the database.

The guard of the process (`sign_in`) is the first line and costs nothing; here is what holds when somebody goes from
node to node. Failures are counted by name and address, by name, and by address alone; once there are too many, every
further one doubles the wait. Nobody is locked out for good by a stranger: waits end, and a browser in which the person
signed in before (`known`) is counted by itself, not with everybody who tries her name.
"""

import hashlib
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from apps.accounts.errors import SignInLimited
from apps.accounts.models import FailedProofs
from apps.common.retry import run_in_transaction
from apps.common.text import normalized_identifier

FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(minutes=15)
"""A stranger who never stops tries four times an hour; a person of the name waits no longer than this."""
FORGET_AFTER: Final = timedelta(hours=1)
"""Without a failure for so long, counting begins anew."""
NAME_FACTOR: Final = 10
"""From all addresses together a name may fail so many times as often as from one."""
MAX_PER_ADDRESS: Final = 200
"""A company's people share an address; who tries one password at many names reaches this all the same."""
MAX_ROWS: Final = 200_000
"""About 40 MB. At the bound the rows that failed longest ago are forgotten."""
SWEEP_ONE_IN: Final = 200
"""Failures per look at the table's size."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody tries to prove herself. `known`: the browser's own id, if the person signed in there before."""

    login: str
    address: str
    lock_after: int
    known: str = ""

    def limits(self) -> dict[str, int]:
        """Return what is counted, as digests, and how many failures each may have."""
        name = normalized_identifier(self.login)[:160]
        if self.known:
            return {_key("known", name, self.known): self.lock_after}
        return {
            _key("both", name, self.address): self.lock_after,
            _key("name", name): self.lock_after * NAME_FACTOR,
            _key("address", self.address): MAX_PER_ADDRESS,
        }


def proof_attempt(kind: str, user_id: str, *, lock_after: int) -> Attempt:
    """Return the attempt of somebody who got past the first factor at a proof of this kind: counted by person alone."""
    return Attempt(login=f"{kind} {user_id}", address="", lock_after=lock_after, known="proof")


def check(attempt: Attempt, *, now: datetime) -> None:
    """Raises SignInLimited, with the seconds to wait, after too many failures. One query."""
    rows = FailedProofs.objects.filter(pk__in=attempt.limits(), blocked_until__gt=now)
    until = max((row.blocked_until or now for row in rows), default=now)
    if until > now:
        wait_s = (until - now).total_seconds()
        error = SignInLimited(seconds=ceil(wait_s))
        error.retry_after_ms = ceil(wait_s * 1000)
        raise error


def note_failure(attempt: Attempt, *, now: datetime) -> None:
    """Count a failure, and begin a wait where there were too many."""
    limits = attempt.limits()
    fresh = [FailedProofs(key=key, count=0, last_at=now) for key in limits]

    def count() -> None:
        FailedProofs.objects.bulk_create(fresh, ignore_conflicts=True)
        rows = list(FailedProofs.objects.select_for_update().filter(pk__in=limits).order_by("pk"))
        for row in rows:
            row.count = 1 if now - row.last_at > FORGET_AFTER else row.count + 1
            row.last_at = now
            wait = wait_after(row.count, limits[row.key])
            row.blocked_until = now + wait if wait else None
        FailedProofs.objects.bulk_update(rows, ["count", "last_at", "blocked_until"])

    run_in_transaction(count)
    if random.randrange(SWEEP_ONE_IN) == 0:  # noqa: S311 - when to sweep is no secret
        sweep(now=now)


def note_success(attempt: Attempt) -> None:
    """Forget what failed before: somebody mistyped and then got it right. What an address did to others stays."""
    stays = _key("address", attempt.address)
    FailedProofs.objects.filter(pk__in=[key for key in attempt.limits() if key != stays]).delete()


def forget_name(login: str) -> None:
    """Let a person try again at once, wherever she is not counted by address: she has proved herself otherwise."""
    FailedProofs.objects.filter(pk=_key("name", normalized_identifier(login)[:160])).delete()


def sweep(*, now: datetime, max_rows: int = MAX_ROWS) -> None:
    """Delete rows that count for nothing any more, and those beyond the bound, the oldest first."""
    rows = FailedProofs.objects
    rows.filter(last_at__lt=now - FORGET_AFTER - LONGEST_WAIT).delete()
    kept = rows.order_by("-last_at", "pk").values_list("last_at", flat=True)[max_rows : max_rows + 1]
    for last_at in kept:
        rows.filter(last_at__lte=last_at).delete()


def wait_after(count: int, limit: int) -> timedelta:
    """Return how long to wait after so many failures: nothing below the limit, then 30 s, doubled up to 15 min."""
    if count < limit:
        return timedelta()
    doubled = min(count - limit, 10)
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << doubled))


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
