"""Channel layer for a single process: the whole Channels contract, and a callback instead of a receive loop.

A delivery costs O(receivers), whatever the number of channels: nothing is scanned but once per expiry time. Every
method may be called from any thread and any event loop. It does not reach other processes: a cluster's layer does.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer

from apps.common.mailboxes import Mailboxes
from apps.common.memberships import Memberships

Message = dict[str, Any]
Callback = Callable[[Message], None]


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
        self._mailboxes: Mailboxes[Message] = Mailboxes(expiry, self.get_capacity, clock)
        self._groups = Memberships(group_expiry, self._mailboxes.has_callback, clock)

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
        return await self._mailboxes.receive(channel)

    async def new_channel(self, prefix: str = "specific") -> str:
        """Return a fresh name of a process-local channel."""
        return f"{prefix}.inprocess!{secrets.token_hex(8)}"

    async def flush(self) -> None:
        """Forget all messages and groups; subscriptions stay."""
        self._groups.clear()
        self._mailboxes.clear()

    async def close(self) -> None:
        """Nothing is held that would need closing."""

    # Groups -----------------------------------------------------------------------------------------------------------

    async def group_add(self, group: str, channel: str) -> None:
        """Put a channel into a group; again renews its stay."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        self._groups.add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Take a channel out of a group; nothing happens when it is not in it."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        self._groups.discard(group, channel)

    async def group_send(self, group: str, message: Message) -> None:
        """Send to every channel of a group. Full channels are left out."""
        self._require_message(message)
        self.require_valid_group_name(group)
        self._sweep()
        for channel in self._groups.members(group):
            self._put(channel, message)

    async def group_send_many(self, groups: Sequence[str], message: Message) -> None:
        """Send once to every channel that is in one or more of the groups, with those it is in as `groups`."""
        self._require_message(message)
        self._sweep()
        hits: dict[str, list[str]] = {}
        for group in groups:
            if group not in self._groups:
                self.require_valid_group_name(group)
            for channel in self._groups.members(group):
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
        self._mailboxes.subscribe(channel, callback)

    def unsubscribe(self, channel: str) -> None:
        """End the callbacks of a channel and take it out of its groups."""
        self._mailboxes.unsubscribe(channel)
        self._groups.discard_channel(channel)

    # Inside -----------------------------------------------------------------------------------------------------------

    def _require_message(self, message: object) -> None:
        if not isinstance(message, dict):
            raise TypeError(f"a message is a dict, not {type(message).__name__}")

    def _put(self, channel: str, message: Message) -> bool:
        """Hand over or store one message; False when the channel is full."""
        return self._mailboxes.put(channel, dict(message), deepcopy)

    def _sweep(self) -> None:
        """Take channels that nobody reads out of their groups."""
        for channel in self._mailboxes.sweep():
            self._groups.discard_channel(channel)
