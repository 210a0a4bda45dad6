"""Who holds which job, until when, and with which fencing token. All times are cluster time.

A token is the index of the entry that gave the lease, so tokens grow for ever, over all keys. A lease that has run
out is gone at the next entry, whatever that is about. Not here: when a holder must stop on its own clock.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from apps.cluster.core.ids import NodeId

LEASES_MAX = 10_000
"""Leases held at the same time; one more is refused with `leases_full` until one runs out or is given back."""
STALE_EXPIRIES_MAX = 1_000
"""Outdated notes of when leases end, beyond one per lease, before they are written anew."""


class Lease(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`holder` may do what `key` stands for until `expires_ms`; what it writes carries `token`."""

    key: str
    holder: NodeId
    token: int
    expires_ms: int
    nonce: int


class Leases(Mapping[str, Lease]):
    """The leases that run, by key. Their ends are kept in a heap, so that time passing costs nothing when none ends."""

    def __init__(self, leases: Iterable[Lease] = ()) -> None:
        self._by_key = {lease.key: lease for lease in leases}
        self._expiries = self._noted()

    def __getitem__(self, key: str) -> Lease:
        return self._by_key[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    @property
    def full(self) -> bool:
        """Whether another key has to be refused."""
        return len(self) >= LEASES_MAX

    def put(self, lease: Lease) -> Lease:
        """Write a lease down, given or renewed."""
        self._by_key[lease.key] = lease
        heapq.heappush(self._expiries, (lease.expires_ms, lease.key, lease.token))
        if len(self._expiries) > len(self) + STALE_EXPIRIES_MAX:
            self._expiries = self._noted()
        return lease

    def drop(self, key: str) -> None:
        """Give a lease back."""
        del self._by_key[key]

    def expire(self, time_ms: int) -> None:
        """Drop what has run out: a lease ends at `expires_ms`, not after it."""
        while self._expiries and self._expiries[0][0] <= time_ms:
            _, key, token = heapq.heappop(self._expiries)
            lease = self._by_key.get(key)
            if lease is not None and lease.token == token and lease.expires_ms <= time_ms:
                del self._by_key[key]

    def sorted(self) -> tuple[Lease, ...]:
        """Return all of them in one order whatever happened before."""
        return tuple(self._by_key[key] for key in sorted(self._by_key))

    def _noted(self) -> list[tuple[int, str, int]]:
        return sorted((lease.expires_ms, lease.key, lease.token) for lease in self._by_key.values())
