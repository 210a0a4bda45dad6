"""How much users, and tenants, may send through all their sessions of a node together. Pure: the time comes in."""

from collections.abc import Hashable, Mapping
from typing import Final

from apps.gateway.session.limits import TokenBucket

SWEEP_FROM: Final = 1_024
TRACKED_MAX: Final = 50_000
"""Users whose rate is known at a time, about 300 bytes each. At the bound the one known longest is forgotten: she may
send one burst more."""


class Quotas:
    """The rates of users. Who has not sent for as long as a burst takes to come back is not remembered."""

    def __init__(self, *, per_s: float, burst: int) -> None:
        self._per_s = per_s
        self._burst = burst
        self._buckets: dict[Hashable, TokenBucket] = {}
        self._sweep_at = SWEEP_FROM

    def __len__(self) -> int:
        return len(self._buckets)

    def admit(self, user: Hashable, now_ms: int) -> int:
        """Count one message; return 0, or how many milliseconds to wait when it is one too many and not counted."""
        bucket = self._buckets.get(user)
        if bucket is None:
            bucket = self._begin(user, now_ms)
        return 0 if bucket.take(1, now_ms) else bucket.wait_ms(1, now_ms)

    def _begin(self, user: Hashable, now_ms: int) -> TokenBucket:
        if len(self._buckets) >= self._sweep_at:
            self._sweep(now_ms)
        bucket = self._buckets[user] = TokenBucket(per_s=self._per_s, burst=self._burst, now_ms=now_ms)
        return bucket

    def _sweep(self, now_ms: int) -> None:
        """Forget those whose burst has come back; next time once there are twice as many as remain."""
        self._buckets = {user: bucket for user, bucket in self._buckets.items() if not bucket.is_full(now_ms)}
        while len(self._buckets) >= TRACKED_MAX:
            del self._buckets[next(iter(self._buckets))]
        self._sweep_at = min(max(SWEEP_FROM, 2 * len(self._buckets)), TRACKED_MAX)


class Allowances:
    """The rates of tenants that have a limit: a minute's worth may be sent at once, and comes back within a minute."""

    def __init__(self) -> None:
        self._limits: dict[Hashable, int] = {}
        self._buckets: dict[Hashable, TokenBucket] = {}

    def keep(self, per_minute: Mapping[Hashable, int]) -> None:
        """Let these limits hold from now on, and no others. Whose limit stays goes on where she is."""
        same = {tenant for tenant, limit in per_minute.items() if self._limits.get(tenant) == limit}
        self._buckets = {tenant: bucket for tenant, bucket in self._buckets.items() if tenant in same}
        self._limits = dict(per_minute)

    def admit(self, tenant: Hashable, now_ms: int) -> int:
        """Count one message; return 0, or how many milliseconds to wait when it is one too many and not counted."""
        limit = self._limits.get(tenant)
        if limit is None:
            return 0
        bucket = self._buckets.get(tenant)
        if bucket is None:
            bucket = self._buckets[tenant] = TokenBucket(per_s=limit / 60, burst=limit, now_ms=now_ms)
        return 0 if bucket.take(1, now_ms) else bucket.wait_ms(1, now_ms)
