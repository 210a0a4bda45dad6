"""How many requests a user may make: a token bucket per user and kind of request, in this process.

A cluster of n nodes allows n times as many. What it protects is this node's threads and database connections.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

MAX_KEYS: Final = 50_000
"""At the bound the buckets touched longest ago are forgotten, that is full again."""

DEFAULT_SCOPE: Final = "request"
OWN_SCOPE: Final = "own"
"""Of those who have a rate of their own."""


class Buckets:
    """Token buckets by key. `clock` returns seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, key: tuple[str, str], *, per_minute: int) -> float:
        """Take one token from the bucket of `key`; returns 0.0, or the seconds until there is one again."""
        now, rate = self._clock(), per_minute / 60
        with self._lock:
            level, touched = self._levels.pop(key, (float(per_minute), now))
            level = min(float(per_minute), level + (now - touched) * rate)
            granted = level >= 1
            self._levels[key] = (level - granted, now)
            if len(self._levels) > MAX_KEYS:
                self._levels.popitem(last=False)
        return 0.0 if granted else (1 - level) / rate

    def clear(self) -> None:
        """Fill all buckets."""
        with self._lock:
            self._levels.clear()


buckets: Final = Buckets()
"""The buckets of this process."""


class UserThrottle(BaseThrottle):
    """Bounds a user's requests by `settings.IM_REST_PER_MINUTE[scope]`; a view names its scope as `throttle_scope`.

    A user who has a rate of her own (`own_requests_per_minute`) has that one, for all kinds of requests together.
    """

    _wait_s = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Tell whether the request may go on."""
        scope = getattr(view, "throttle_scope", DEFAULT_SCOPE)
        key = str(request.user.pk or self.get_ident(request))
        own = getattr(request.user, "own_requests_per_minute", None)
        if own is None:
            self._wait_s = buckets.take((scope, key), per_minute=settings.IM_REST_PER_MINUTE[scope])
        else:
            self._wait_s = buckets.take((OWN_SCOPE, key), per_minute=own)
        return self._wait_s == 0.0

    def wait(self) -> float:
        """Return the seconds until the next request is let through."""
        return self._wait_s
