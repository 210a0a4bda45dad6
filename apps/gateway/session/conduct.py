"""How a peer behaves: its rate, and how often it was refused or spoke nonsense. Nearly all behave."""

from apps.gateway.session.limits import Limits, TokenBucket


class Conduct:
    """The rates of one session. What only misbehaving peers need is made when they do."""

    __slots__ = ("_limits", "_own_per_minute", "_rate", "_refusals", "_strikes")

    def __init__(self, limits: Limits, now_ms: int) -> None:
        self._limits = limits
        self._rate = TokenBucket(per_s=limits.rate_per_s, burst=limits.burst, now_ms=now_ms)
        self._own_per_minute: int | None = None
        self._refusals: TokenBucket | None = None
        self._strikes: TokenBucket | None = None

    def bind(self, per_minute: int | None, now_ms: int) -> None:
        """Hold the peer to a rate of its own from now on, a minute's worth at once at most; None: to that of all.

        Whoever signs in once more on the same rate has used up what she had used up before.
        """
        if per_minute == self._own_per_minute:
            return
        limits, self._own_per_minute = self._limits, per_minute
        per_s, burst = (limits.rate_per_s, limits.burst) if per_minute is None else (per_minute / 60, per_minute)
        self._rate = TokenBucket(per_s=per_s, burst=min(burst, limits.burst), now_ms=now_ms)

    def admits(self, cost: float, now_ms: int) -> bool:
        """Whether a frame of this cost is within the rate; then it is counted."""
        return self._rate.take(cost, now_ms)

    def wait_ms(self, cost: float, now_ms: int) -> int:
        """Return how long to wait until a frame of this cost is within the rate."""
        return self._rate.wait_ms(cost, now_ms)

    def may_be_refused(self, now_ms: int) -> bool:
        """Count a refusal; False once there were so many that the peer must go."""
        if self._refusals is None:
            limits = self._limits
            self._refusals = TokenBucket(per_s=limits.refusals_per_s, burst=limits.refusals_burst, now_ms=now_ms)
        return self._refusals.take(1, now_ms)

    def may_blunder(self, now_ms: int) -> bool:
        """Count a frame that is not of the protocol; False once there were so many that the peer must go."""
        if self._strikes is None:
            limits = self._limits
            self._strikes = TokenBucket(per_s=limits.strikes_per_s, burst=limits.strikes - 1, now_ms=now_ms)
        return self._strikes.take(1, now_ms)
