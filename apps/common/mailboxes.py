"""Channels in this process's memory: what waits in each, who waits for it, and callbacks instead of receive loops.

Every method may be called from any thread and any event loop. Not here: groups, names, other processes.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

logger = logging.getLogger(__name__)

Item = TypeVar("Item")

CALLBACK_CAPACITY: Final = 65_536
"""Messages from other threads that may wait for one callback's loop; a node that is so far behind loses the next ones,
and its clients repair by seq."""


class Mailbox(Generic[Item]):
    """What waits in one channel, and who waits for it. Guarded by the lock of the mailboxes."""

    __slots__ = ("items", "waiters")

    def __init__(self) -> None:
        self.items: deque[tuple[float, Item]] = deque()
        self.waiters: list[asyncio.Future[None]] = []

    def drop_expired(self, now: float) -> bool:
        """Drop what nobody fetched in time; True when there was something."""
        dropped = False
        while self.items and self.items[0][0] <= now:
            self.items.popleft()
            dropped = True
        return dropped

    def wake_one(self) -> None:
        """Let the receiver that has waited longest look again."""
        while self.waiters:
            waiter = self.waiters.pop(0)
            if waiter.done():
                continue
            if waiter.get_loop() is asyncio.get_running_loop():
                waiter.set_result(None)
                return
            if _call_in_loop(waiter.get_loop(), _settle, waiter):
                return


class Subscription(Generic[Item]):
    """A channel whose items go straight to a function in its event loop."""

    __slots__ = ("callback", "inbox", "loop", "thread")

    def __init__(self, callback: Callable[[Item], None], loop: asyncio.AbstractEventLoop) -> None:
        self.callback = callback
        self.loop = loop
        self.thread = threading.get_ident()
        self.inbox: deque[Item] = deque()

    def hand_over(self, item: Item) -> bool:
        """Call at once in the own loop, else let that loop call soon; False at the bound or when the loop is gone."""
        if threading.get_ident() == self.thread and not self.loop.is_closed():
            self.call(item)
            return True
        if len(self.inbox) >= CALLBACK_CAPACITY:
            return False
        self.inbox.append(item)
        return _call_in_loop(self.loop, self._call_next)

    def call(self, item: Item) -> None:
        """Run the callback; its defects are logged, they never reach the sender."""
        try:
            self.callback(item)
        except Exception:
            logger.exception("callback of a channel failed")

    def _call_next(self) -> None:
        self.call(self.inbox.popleft())


class Mailboxes(Generic[Item]):
    """Mailboxes by name of channel. `expiry` (seconds) is how long an item waits to be received.

    `capacity_of` tells how many items may wait in a channel.
    """

    def __init__(self, expiry: float, capacity_of: Callable[[str], int], clock: Callable[[], float]) -> None:
        self._expiry = expiry
        self._capacity_of = capacity_of
        self._clock = clock
        self._lock = threading.RLock()
        self._boxes: dict[str, Mailbox[Item]] = {}
        self._subscriptions: dict[str, Subscription[Item]] = {}
        self._next_sweep = clock() + expiry

    def __len__(self) -> int:
        return len(self._boxes)

    def names(self) -> tuple[str, ...]:
        """Return the channels in which something waits or somebody waits for it."""
        return tuple(self._boxes)

    def put(self, channel: str, item: Item, keep: Callable[[Item], Item] | None = None, *, front: bool = False) -> bool:
        """Hand over or store one item; False when the channel is full. What is stored goes through `keep` first."""
        subscription = self._subscriptions.get(channel)
        if subscription is not None:
            return subscription.hand_over(item)
        with self._lock:
            now = self._clock()
            box = self._boxes.get(channel)
            if box is None:
                box = self._boxes[channel] = Mailbox()
            elif box.items:
                box.drop_expired(now)
            if len(box.items) >= self._capacity_of(channel):
                return False
            entry = (now + self._expiry, item if keep is None else keep(item))
            if front:
                box.items.appendleft(entry)
            else:
                box.items.append(entry)
            box.wake_one()
        return True

    async def receive(self, channel: str) -> Item:
        """Wait for the next item of a channel; of several receivers each item reaches one."""
        loop = asyncio.get_running_loop()
        while True:
            with self._lock:
                item = self.take(channel)
                if item is not None:
                    return item
                box = self._boxes.get(channel)
                if box is None:
                    box = self._boxes[channel] = Mailbox()
                waiter = loop.create_future()
                box.waiters.append(waiter)
            await self._wait(channel, box, waiter)

    def take(self, channel: str) -> Item | None:
        """Return the next item of a channel, None when nothing waits."""
        with self._lock:
            box = self._boxes.get(channel)
            if box is None or not box.items:
                return None
            box.drop_expired(self._clock())
            item = box.items.popleft()[1] if box.items else None
            self._discard_if_empty(channel, box)
            return item

    def take_all(self, channel: str) -> list[Item]:
        """Return everything that waits in a channel and was not too late."""
        with self._lock:
            box = self._boxes.get(channel)
            if box is None:
                return []
            box.drop_expired(self._clock())
            items = [item for _, item in box.items]
            box.items.clear()
            self._discard_if_empty(channel, box)
            return items

    def clear(self) -> None:
        """Forget all items; subscriptions and receivers stay."""
        with self._lock:
            for channel, box in list(self._boxes.items()):
                box.items.clear()
                self._discard_if_empty(channel, box)

    def callbacks(self) -> tuple[str, ...]:
        """Return the channels whose items go to a callback."""
        return tuple(self._subscriptions)

    def has_callback(self, channel: str) -> bool:
        """Whether a channel's items go to a callback."""
        return channel in self._subscriptions

    def subscribe(self, channel: str, callback: Callable[[Item], None]) -> None:
        """Let the running loop call `callback` with each item of a channel, beginning with those that wait.

        ValueError when the channel has a callback in a loop that still lives.
        """
        subscription = Subscription(callback, asyncio.get_running_loop())
        with self._lock:
            known = self._subscriptions.get(channel)
            if known is not None and not known.loop.is_closed():
                raise ValueError(f"channel {channel} has a callback already")
            items = self.take_all(channel)
            self._subscriptions[channel] = subscription
        for item in items:
            subscription.call(item)

    def unsubscribe(self, channel: str) -> None:
        """End the callbacks of a channel."""
        with self._lock:
            self._subscriptions.pop(channel, None)

    def sweep(self) -> list[str]:
        """Once per expiry time drop what expired; return the channels that nobody reads."""
        now = self._clock()
        if now < self._next_sweep:
            return []
        with self._lock:
            self._next_sweep = now + self._expiry
            unread: list[str] = []
            for channel, box in list(self._boxes.items()):
                if box.drop_expired(now):
                    unread.append(channel)
                self._discard_if_empty(channel, box)
        return unread

    async def _wait(self, channel: str, box: Mailbox[Item], waiter: asyncio.Future[None]) -> None:
        try:
            await waiter
        except asyncio.CancelledError:
            with self._lock:
                if waiter in box.waiters:
                    box.waiters.remove(waiter)
                elif box.items:
                    box.wake_one()  # this one was woken and leaves: the item is for the next in line
                self._discard_if_empty(channel, box)
            raise

    def _discard_if_empty(self, channel: str, box: Mailbox[Item]) -> None:
        if not box.items and not box.waiters and self._boxes.get(channel) is box:
            del self._boxes[channel]


def _call_in_loop(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: object) -> bool:
    """Call in `loop`, which may belong to another thread; False when it is closed."""
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:
        return False
    return True


def _settle(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
