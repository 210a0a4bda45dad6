"""`SlotChannelLayer`: the Channels contract across the nodes of a cluster, and callbacks instead of receive loops.

Messages are plain values: dicts, lists, texts, bytes, numbers, booleans and None. Delivery is at most once; where
messages of groups may be missing, callbacks get a message of type `gap`. Methods may be awaited in any event loop,
`subscribe` belongs to the loop that started the layer. A process without a node may send to groups, nothing else.
"""

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from channels.layers import BaseChannelLayer
from django.conf import settings

from apps.cluster import services
from apps.cluster.core.routing import require_length
from apps.cluster.layer.guest import Guest
from apps.cluster.layer.homes import REMEMBERED, local_name, named_node
from apps.cluster.layer.local import Bounds, LocalEnd
from apps.cluster.layer.parcels import Message, Parcel, pack, pack_named
from apps.cluster.layer.remote import ANSWER_WITHIN_S, settle
from apps.cluster.layer.seats import Seat

Callback = Callable[[Message], None]
Result = TypeVar("Result")


LOOPBACK = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where such a host is found from here


class NotANode(RuntimeError):
    """This process has no running node, so it cannot receive."""


_names = BaseChannelLayer()


@functools.lru_cache(maxsize=REMEMBERED)
def require_channel(name: str) -> None:
    """Raises TypeError unless this is the name of a channel."""
    _names.require_valid_channel_name(name)


@functools.lru_cache(maxsize=REMEMBERED)
def require_group(name: str) -> None:
    """Raises TypeError unless this is the name of a group."""
    _names.require_valid_group_name(name)


class SlotChannelLayer(BaseChannelLayer):  # type: ignore[misc]  # channels is untyped
    """The cluster's channel layer.

    `expiry` (seconds) is how long a message waits to be received, `capacity` how many may wait per channel. `send`
    raises ChannelFull when a channel of this node is full, when so many messages of this node wait in one elsewhere, or
    when the way there is full; group sends leave full channels out. `group_expiry` (seconds) is how long a channel
    without callback stays in a group unless it joins again.
    """

    extensions = ("groups", "flush", "group_send_many", "callbacks")

    def __init__(
        self,
        expiry: float = 60,
        capacity: int = 100,
        channel_capacity: dict[Any, int] | None = None,
        group_expiry: float = 86_400,
        seat: Seat | None = None,
    ) -> None:
        super().__init__(expiry=expiry, capacity=capacity)
        self.channel_capacity = self.compile_capacities(channel_capacity or {})
        self.group_expiry = group_expiry
        self._seat = seat
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._local: LocalEnd | None = None
        self._guest: Guest | None = None
        self._pumps: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> int:
        """Take part in the data plane with this process's node; return the data port. Raises OSError, NotANode."""
        seat = self._seat or _own_seat()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._local = LocalEnd(seat, Bounds(self.expiry, self.group_expiry, self.get_capacity))
        if (cluster := services.current()) is seat.cluster and cluster is not None:
            cluster.count_with(self._local.count)
        return await self._local.start()

    async def stop(self) -> None:
        """Write what waits, and end; receivers that still wait are cancelled."""
        local, self._local, self._loop = self._local, None, None
        self._pumps.clear()
        if local is not None:
            await local.stop()

    # Channels ---------------------------------------------------------------------------------------------------------

    async def send(self, channel: str, message: Message) -> None:
        """Put a message into a channel. Raises ChannelFull, TypeError for a wrong name or message, MessageTooLong."""
        payload = pack(message)
        require_channel(channel)
        require_length(payload)
        if self._is_elsewhere():
            await self._at_home(self.send(channel, message))
        else:
            self._here().send(channel, payload)

    async def receive(self, channel: str) -> Message:
        """Wait for the next message of a channel; of several receivers each message reaches one."""
        require_channel(channel)
        if self._is_elsewhere():
            return await self._at_home(self.receive(channel))
        local = self._here()
        if named_node(channel) == local.node or local.mailboxes.has_callback(channel):
            parcel = local.mailboxes.take(channel) or await local.mailboxes.receive(channel)
        else:
            parcel = await local.remote.receive(channel)
        if parcel.origin:
            local.took(channel, parcel)
        return parcel.open()

    async def new_channel(self, prefix: str = "specific") -> str:
        """Return a fresh name of a channel that lives on this node."""
        return local_name(prefix, self._here().node)

    async def flush(self) -> None:
        """Forget all messages and groups on every node that can be reached; subscriptions stay."""
        if self._is_elsewhere():
            await self._at_home(self.flush())
        else:
            await self._here().remote.flush()

    async def close(self) -> None:
        """Nothing is held that `stop` would not end."""

    # Groups -----------------------------------------------------------------------------------------------------------

    async def group_add(self, group: str, channel: str) -> None:
        """Put a channel into a group; again renews its stay.

        On return the group's owner knows, unless that took longer than 2 seconds: then it will, and what was sent
        meanwhile is told as a gap.
        """
        require_group(group)
        require_channel(channel)
        if self._is_elsewhere():
            await self._at_home(self.group_add(group, channel))
            return
        local = self._here()
        if not local.is_here(channel):
            await local.remote.change_membership(group, channel, joins=True)
            return
        known: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        local.add_member(group, channel, lambda: settle(known))
        if not known.done():
            await asyncio.wait({known}, timeout=ANSWER_WITHIN_S)

    async def group_discard(self, group: str, channel: str) -> None:
        """Take a channel out of a group; nothing happens when it is not in it."""
        require_group(group)
        require_channel(channel)
        if self._is_elsewhere():
            await self._at_home(self.group_discard(group, channel))
            return
        local = self._here()
        if local.is_here(channel):
            local.discard_member(group, channel)
        else:
            await local.remote.change_membership(group, channel, joins=False)

    async def group_send(self, group: str, message: Message) -> None:
        """Send to every channel of a group. Full channels are left out. Raises MessageTooLong."""
        payload = pack(message)
        require_group(group)
        await self._send((group,), payload)

    async def group_send_many(self, groups: Sequence[str], message: Message) -> None:
        """Send to every channel that is in one or more of the groups, with those it is in as `groups`.

        Groups that have different owners may come in several messages; none of them comes twice.
        """
        payload = pack_named(message)
        for group in groups:
            require_group(group)
        await self._send(tuple(dict.fromkeys(groups)), payload)

    # Callbacks --------------------------------------------------------------------------------------------------------

    def subscribe(self, channel: str, callback: Callback) -> None:
        """Let the running loop call `callback` with each message of a channel, beginning with those that wait here.

        The callback must be quick. ValueError when the channel has a callback in a loop that still lives. Groups are
        joined for a channel with a callback by its own node only.
        """
        require_channel(channel)
        local = self._here()

        def hand_over(parcel: Parcel) -> None:
            if parcel.origin:
                local.took(channel, parcel)
            callback(parcel.open_shared())

        local.mailboxes.subscribe(channel, hand_over)
        if named_node(channel) != local.node:
            self._pumps[channel] = local.remote.spawn(self._pump(local, channel))

    def unsubscribe(self, channel: str) -> None:
        """End the callbacks of a channel and take it out of its groups."""
        pump = self._pumps.pop(channel, None)
        if pump is not None:
            pump.cancel()
        if self._local is not None:
            self._local.mailboxes.unsubscribe(channel)
            self._local.discard_channel(channel)

    # Inside -----------------------------------------------------------------------------------------------------------

    def _here(self) -> LocalEnd:
        if self._local is None:
            raise NotANode("this process runs no node of the cluster: it can only send to groups")
        return self._local

    def _is_elsewhere(self) -> bool:
        """Whether this is not the loop of the layer. Asking for the thread costs a fifth of asking for the loop."""
        return self._thread != threading.get_ident() and self._loop is not None

    async def _at_home(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run something in the loop of the layer."""
        loop = self._loop or asyncio.get_running_loop()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))

    async def _send(self, groups: tuple[str, ...], payload: bytes) -> None:
        require_length(payload)
        local = self._local
        if self._is_elsewhere():
            await self._at_home(self._send(groups, payload))
        elif local is not None:
            local.router.send(groups, payload, local.plane.clock_ms())
            local.plane.settle()
        elif groups:
            await self._as_guest().send(groups, payload)

    def _as_guest(self) -> Guest:
        if self._guest is None:
            config = services.configure(settings.IM_CLUSTER)
            self._guest = Guest([(LOOPBACK.get(config.host, config.host), config.data_port)], config.keys)
        return self._guest

    async def _pump(self, local: LocalEnd, channel: str) -> None:
        """Bring what other nodes send to a channel with a callback: they look for it at the owner of its slot."""
        while True:
            local.mailboxes.put(channel, await local.remote.receive(channel))


def _own_seat() -> Seat:
    cluster = services.current()
    if cluster is None:
        raise NotANode("the layer starts after the node of this process")
    config = services.configure(settings.IM_CLUSTER)
    return Seat(cluster, config.keys, config.host, config.data_port)
