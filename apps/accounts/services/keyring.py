"""Which key of a ring signs, which ones others may still need, and when the next one begins: rules without a clock.

Keys of one algorithm are numbered. Each signs from its own time on, until the next one's has come. The next key is
always published long before it signs, so that nobody who keeps our public keys for a while is surprised by it; a former
one stays published until nothing that it signed can be of use.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

ROTATE_AFTER: Final = timedelta(days=90)
"""How long a key signs."""
AHEAD: Final = timedelta(days=1)
"""How long a key is published before it signs, at least: longer than others keep our public keys without asking."""
KEPT: Final = timedelta(days=7)
"""How long a key is published after its last signature; tickets live for minutes, identity tokens for hours, and what
is shown as a hint at signing out may be older than that."""
MAX_KEYS: Final = 16
"""Of one algorithm. At the bound nobody can rotate by hand before former keys have gone."""


class RingKey(NamedTuple):
    """One key as it is stored: `public` is its public JWK (RFC 7517), `sealed` what nobody but the signer opens."""

    kid: str
    algorithm: str
    number: int
    public: dict[str, Any]
    sealed: str
    signs_from: datetime
    is_revoked: bool


def signing(ring: Sequence[RingKey], algorithm: str, *, now: datetime) -> RingKey | None:
    """Return the key that signs at this moment: of those whose time has come and that are trusted, the last."""
    begun = [key for key in _trusted(ring, algorithm) if key.signs_from <= now]
    return max(begun, key=_number, default=None)


def following(ring: Sequence[RingKey], algorithm: str, *, now: datetime) -> RingKey | None:
    """Return the key that signs next; None where there is none yet."""
    coming = [key for key in _trusted(ring, algorithm) if key.signs_from > now]
    return min(coming, key=_number, default=None)


def published(ring: Sequence[RingKey], *, now: datetime) -> list[RingKey]:
    """Return the keys of all algorithms by which something that is still of use may be signed, or soon will be."""
    return [key for key in ring if not key.is_revoked and not is_over(ring, key, now=now)]


def is_over(ring: Sequence[RingKey], key: RingKey, *, now: datetime) -> bool:
    """Tell whether the key signed its last so long ago that nobody needs it."""
    ended_at = min((later.signs_from for later in _of(ring, key.algorithm) if later.number > key.number), default=None)
    return ended_at is not None and ended_at + KEPT <= now


def missing(ring: Sequence[RingKey], algorithm: str, *, now: datetime) -> tuple[int, datetime] | None:
    """Return number and beginning of the key that has to be made, None where a signing and a next one are there."""
    number = max((key.number for key in _of(ring, algorithm)), default=0) + 1
    present = signing(ring, algorithm, now=now)
    if present is None:
        return number, now
    if following(ring, algorithm, now=now) is None:
        return number, max(present.signs_from + ROTATE_AFTER, now + AHEAD)
    return None


def _of(ring: Iterable[RingKey], algorithm: str) -> list[RingKey]:
    return [key for key in ring if key.algorithm == algorithm]


def _trusted(ring: Iterable[RingKey], algorithm: str) -> list[RingKey]:
    return [key for key in _of(ring, algorithm) if not key.is_revoked]


def _number(key: RingKey) -> int:
    return key.number
