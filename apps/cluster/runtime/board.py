"""Hands the newest view, and until when this node may serve, from the control plane's thread to other event loops.

Both always travel together, because a lease only counts with the table it was granted under. A slow loop gets the
newest pair once, not every one. Not here: what subscribers do with it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from apps.cluster.core.node import View

Callback = Callable[[View | None, int], None]


@dataclass(slots=True, eq=False)
class Subscription:
    """One callback in one loop; `planned` while a call to it is under way."""

    callback: Callback
    loop: asyncio.AbstractEventLoop
    planned: bool = False
    ended: bool = False


class Board:
    """Written by one thread, read by any."""

    def __init__(self) -> None:
        self._newest: tuple[View | None, int] = (None, 0)
        self._subscriptions: list[Subscription] = []
        self._lock = Lock()

    @property
    def view(self) -> View | None:
        """The newest view."""
        return self._newest[0]

    @property
    def serving_until_ms(self) -> int:
        """Until when this node may serve by that view."""
        return self._newest[1]

    def publish(self, view: View | None, serving_until_ms: int) -> None:
        """Show a pair, and tell everybody who wants to know."""
        self._newest = (view, serving_until_ms)
        with self._lock:
            subscriptions = list(self._subscriptions)
        for subscription in subscriptions:
            self._plan(subscription)

    def subscribe(self, callback: Callback, loop: asyncio.AbstractEventLoop) -> Subscription:
        """Have `callback` called in `loop` with the newest pair, soon and after every change."""
        subscription = Subscription(callback, loop)
        with self._lock:
            self._subscriptions.append(subscription)
        self._plan(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Never call it again; of use in its own loop."""
        subscription.ended = True
        with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)

    def _plan(self, subscription: Subscription) -> None:
        if subscription.planned:
            return
        subscription.planned = True
        try:
            subscription.loop.call_soon_threadsafe(self._call, subscription)
        except RuntimeError:  # The loop is closed, so nobody listens there any more.
            self.unsubscribe(subscription)

    def _call(self, subscription: Subscription) -> None:
        subscription.planned = False  # Before reading: what is published from here on plans another call.
        if not subscription.ended:
            subscription.callback(*self._newest)
