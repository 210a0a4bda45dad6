"""Channel layer for a single process: the whole Channels contract, and a callback instead of a receive loop.

A delivery costs O(receivers), whatever the number of channels: nothing is scanned but once per expiry time. Every
method may be called from any thread and any event loop. It does not reach other processes: a cluster's layer does.
"""

import asyncio
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, Final

from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer

logger = logging.getLogger(__name__)

Message = dict[str, Any]
Callback = Callable[[Message], None]

CALLBACK_CAPACITY: Final = 65_536
"""Messages from other threads that may wait for one callback's loop; a node that is so far behind loses the next ones,
and its clients repair by seq."""


class _Mailbox:
    """What waits in one channel, and who waits for it. Guarded by the layer's lock."""

    __slots__ = ("messages", "waiters")

    def __init__(self) -> None:
        self.messages: deque[tuple[float, Message]] = deque()
        self.waiters: deque[asyncio.Future[None]] = deque()

    def drop_expired(self, now: float) -> bool:
        """Drop messages nobody fetched in time; True when there was one."""
        dropped = False
        while self.messages and self.messages[0][0] <= now:
            self.messages.popleft()
            dropped = True
        return dropped

    def wake_one(self) -> None:
        """Let the receiver that has waited longest look again."""
        while self.waiters:
            waiter = self.waiters.popleft()
            if not waiter.done() and _call_in_loop(waiter.get_loop(), _settle, waiter):
                return


class _Subscription:
    """A channel whose messages go straight to a function in its event loop."""

    __slots__ = ("callback", "inbox", "loop")

    def __init__(self, callback: Callback, loop: asyncio.AbstractEventLoop) -> None:
        self.callback = callback
        self.loop = loop
        self.inbox: deque[Message] = deque()

    def hand_over(self, message: Message) -> bool:
        """Call at once in the own loop, else let that loop call soon; False at the bound or when the loop is gone."""
        if asyncio.get_running_loop() is self.loop:
            self.call(message)
            return True
        if len(self.inbox) >= CALLBACK_CAPACITY:
            return False
        self.inbox.append(message)
        return _call_in_loop(self.loop, self._call_next)

    def call(self, message: Message) -> None:
        """Run the callback; its defects are logged, they never reach the sender."""
        try:
            self.callback(message)
        except Exception:
            logger.exception("callback of a channel failed")

    def _call_next(self) -> None:
        self.call(self.inbox.popleft())


class InProcessLayer(BaseChannelLayer):  # type: ignore[misc]  # channels is untyped
    """Channel layer in this process's memory.

    `expiry` (seconds) is how long a message waits to be received, `capacity` how many may wait per channel (`send`
    then raises ChannelFull, group sends leave that channel out), `group_expiry` (seconds) how long a channel without
    callback stays in a group unless it joins again.
    """

    extensions = ("groups", "flush", "group_send_many", "callbacks")

    def __init__(
        self,
        expiry: float = 60,
        capacity: int = 100,
        channel_capacity: dict[Any, int] | None = None,
        group_expiry: float = 86_400,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(expiry=expiry, capacity=capacity)
        self.channel_capacity = self.compile_capacities(channel_capacity or {})
        self.group_expiry = group_expiry
        self._clock = clock
        self._lock = threading.RLock()
        self._mailboxes: dict[str, _Mailbox] = {}
        self._subscriptions: dict[str, _Subscription] = {}
        self._groups: dict[str, dict[str, float]] = {}
        self._memberships: dict[str, set[str]] = {}
        self._next_sweep = clock() + expiry

    # Channels ---------------------------------------------------------------------------------------------------------

    async def send(self, channel: str, message: Message) -> None:
        """Put a message into a channel. Raises ChannelFull at its capacity, TypeError for a wrong name or message."""
        self._require_message(message)
        self.require_valid_channel_name(channel)
        self._sweep()
        if not self._put(channel, message):
            raise ChannelFull(channel)

    async def receive(self, channel: str) -> Message:
        """Wait for the next message of a channel; of several receivers each message reaches one."""
        self.require_valid_channel_name(channel)
        loop = asyncio.get_running_loop()
        while True:
            with self._lock:
                box = self._mailboxes.setdefault(channel, _Mailbox())
                box.drop_expired(self._clock())
                if box.messages:
                    message = box.messages.popleft()[1]
                    self._discard_if_empty(channel, box)
                    return message
                waiter = loop.create_future()
                box.waiters.append(waiter)
            await self._wait(channel, box, waiter)

    async def new_channel(self, prefix: str = "specific") -> str:
        """Return a fresh name of a process-local channel."""
        return f"{prefix}.inprocess!{secrets.token_hex(8)}"

    async def flush(self) -> None:
        """Forget all messages and groups; subscriptions stay."""
        with self._lock:
            self._groups.clear()
            self._memberships.clear()
            for channel, box in list(self._mailboxes.items()):
                box.messages.clear()
                self._discard_if_empty(channel, box)

    async def close(self) -> None:
        """Nothing is held that would need closing."""

    # Groups -----------------------------------------------------------------------------------------------------------

    async def group_add(self, group: str, channel: str) -> None:
        """Put a channel into a group; again renews its stay."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        with self._lock:
            self._groups.setdefault(group, {})[channel] = self._clock()
            self._memberships.setdefault(channel, set()).add(group)

    async def group_discard(self, group: str, channel: str) -> None:
        """Take a channel out of a group; nothing happens when it is not in it."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        with self._lock:
            self._leave(group, channel)

    async def group_send(self, group: str, message: Message) -> None:
        """Send to every channel of a group. Full channels are left out."""
        self._require_message(message)
        self.require_valid_group_name(group)
        self._sweep()
        with self._lock:
            channels = self._current_members(group)
        for channel in channels:
            self._put(channel, message)

    async def group_send_many(self, groups: Sequence[str], message: Message) -> None:
        """Send once to every channel that is in one or more of the groups, with those it is in as `groups`."""
        self._require_message(message)
        self._sweep()
        with self._lock:
            hits: dict[str, list[str]] = {}
            for group in groups:
                for channel in self._current_members(group):
                    hits.setdefault(channel, []).append(group)
        for channel, names in hits.items():
            self._put(channel, {**message, "groups": names})

    # Callbacks --------------------------------------------------------------------------------------------------------

    def subscribe(self, channel: str, callback: Callback) -> None:
        """Let the running loop call `callback` with each message of a channel, beginning with those that wait.

        The callback must be quick and must not change nested values of the message. ValueError when the channel has
        a callback in a loop that still lives.
        """
        self.require_valid_channel_name(channel)
        subscription = _Subscription(callback, asyncio.get_running_loop())
        with self._lock:
            known = self._subscriptions.get(channel)
            if known is not None and not known.loop.is_closed():
                raise ValueError(f"channel {channel} has a callback already")
            self._subscriptions[channel] = subscription
            box = self._mailboxes.pop(channel, None)
        if box is not None:
            box.drop_expired(self._clock())
            for _, message in box.messages:
                subscription.call(message)

    def unsubscribe(self, channel: str) -> None:
        """End the callbacks of a channel and take it out of its groups."""
        with self._lock:
            self._subscriptions.pop(channel, None)
            self._leave_all(channel)

    # Inside -----------------------------------------------------------------------------------------------------------

    def _require_message(self, message: object) -> None:
        if not isinstance(message, dict):
            raise TypeError(f"a message is a dict, not {type(message).__name__}")

    def _put(self, channel: str, message: Message) -> bool:
        """Hand over or store one message; False when the channel is full."""
        with self._lock:
            subscription = self._subscriptions.get(channel)
            if subscription is None:
                return self._store(channel, message)
        return subscription.hand_over(dict(message))

    def _store(self, channel: str, message: Message) -> bool:
        now = self._clock()
        box = self._mailboxes.setdefault(channel, _Mailbox())
        box.drop_expired(now)
        if len(box.messages) >= self.get_capacity(channel):
            return False
        box.messages.append((now + self.expiry, deepcopy(message)))
        box.wake_one()
        return True

    async def _wait(self, channel: str, box: _Mailbox, waiter: asyncio.Future[None]) -> None:
        try:
            await waiter
        except asyncio.CancelledError:
            with self._lock:
                if waiter in box.waiters:
                    box.waiters.remove(waiter)
                elif box.messages:
                    box.wake_one()  # this one was woken and leaves: the message is for the next in line
                self._discard_if_empty(channel, box)
            raise

    def _discard_if_empty(self, channel: str, box: _Mailbox) -> None:
        if not box.messages and not box.waiters and self._mailboxes.get(channel) is box:
            del self._mailboxes[channel]

    def _current_members(self, group: str) -> list[str]:
        members = self._groups.get(group)
        if members is None:
            self.require_valid_group_name(group)
            return []
        limit = self._clock() - self.group_expiry
        stale = [name for name, joined in members.items() if joined <= limit and name not in self._subscriptions]
        for channel in stale:
            self._leave(group, channel)
        return list(members)

    def _leave(self, group: str, channel: str) -> None:
        members = self._groups.get(group)
        if members is None or members.pop(channel, None) is None:
            return
        if not members:
            del self._groups[group]
        joined = self._memberships[channel]
        joined.discard(group)
        if not joined:
            del self._memberships[channel]

    def _leave_all(self, channel: str) -> None:
        for group in list(self._memberships.get(channel, ())):
            self._leave(group, channel)

    def _sweep(self) -> None:
        """Once per expiry time: drop what expired, and take channels that nobody reads out of their groups."""
        now = self._clock()
        if now < self._next_sweep:
            return
        with self._lock:
            self._next_sweep = now + self.expiry
            for channel, box in list(self._mailboxes.items()):
                if box.drop_expired(now):
                    self._leave_all(channel)
                self._discard_if_empty(channel, box)


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
