"""One node's part of the layer: its mailboxes and groups, and what comes in for them over the data plane."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from channels.exceptions import ChannelFull

from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing import Notice, Post, Put, Taken, slot_of
from apps.cluster.layer.credits import Credits
from apps.cluster.layer.homes import home_of, named_node
from apps.cluster.layer.parcels import Message, Parcel, pack, repack
from apps.cluster.layer.remote import Remote
from apps.cluster.layer.seats import Seat
from apps.cluster.runtime.dataplane import DataPlane
from apps.common.clock import now_ms as wall_ms
from apps.common.mailboxes import Mailboxes
from apps.common.memberships import Memberships

logger = logging.getLogger(__name__)

GAP: Final = "gap"
"""Type of the message that tells callbacks what they may have missed."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What Channels calls `expiry` (seconds), `group_expiry` (seconds) and capacities."""

    expiry: float
    group_expiry: float
    capacity_of: Callable[[str], int]
    clock: Callable[[], float] = time.monotonic


class LocalEnd:
    """Everything of the layer that lives in one event loop: the one that started it."""

    def __init__(self, seat: Seat, bounds: Bounds) -> None:
        cluster = seat.cluster
        self.node: NodeId = cluster.node
        self.bounds = bounds
        self.mailboxes: Mailboxes[Parcel] = Mailboxes(bounds.expiry, bounds.capacity_of, bounds.clock)
        self.memberships = Memberships(bounds.group_expiry, self.mailboxes.has_callback, bounds.clock)
        self.credits = Credits(bounds.expiry, bounds.clock)
        self.counters: Counter[str] = Counter()
        self.plane = DataPlane(cluster.node, seat.keys, self, confirm=cluster.confirm, config=seat.config, rng=seat.rng)
        self.router = self.plane.router
        self.remote = Remote(self)
        self._seat = seat
        self._subscription: Any = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._joining: dict[str, list[Callable[[], None]]] = {}
        self._taken: Counter[tuple[NodeId, str]] = Counter()

    async def start(self) -> int:
        """Open the data port and follow the cluster's views; return the port. Raises OSError."""
        port = await self.plane.start(self._seat.host, self._seat.port)
        self._subscription = self._seat.cluster.subscribe(self.plane.apply, self._loop)
        self._sweep()
        return port

    async def stop(self) -> None:
        """End everything that waits, write what was said, and close."""
        if self._subscription is not None:
            self._seat.cluster.unsubscribe(self._subscription)
        if self._sweeper is not None:
            self._sweeper.cancel()
        await self.remote.stop()
        await self.plane.stop()

    def count(self) -> dict[str, int]:
        """Return what is counted of messages and their way, with where it was counted in front; from any thread."""
        sources = {"layer": self.counters, "routing": self.router.counters, "data_links": self.plane.links.counters}
        return {f"{source}_{name}": n for source, counts in sources.items() for name, n in dict(counts).items()}

    # Channels ---------------------------------------------------------------------------------------------------------

    def home(self, channel: str) -> NodeId:
        """Return the node where a channel lives, NO_NODE while nobody owns its slot."""
        return home_of(channel, self.router.owner)

    def is_here(self, channel: str) -> bool:
        """Whether messages for a channel go into a mailbox of this node."""
        return self.mailboxes.has_callback(channel) or self.home(channel) == self.node

    def send(self, channel: str, payload: bytes) -> None:
        """Bring a message to where its channel lives. Raises ChannelFull."""
        if self._keeps(channel):
            if not self.mailboxes.put(channel, Parcel(payload)):
                raise ChannelFull(channel)
            return
        if not self.credits.take(channel, self.bounds.capacity_of(channel)):
            raise ChannelFull(channel)
        if not self._send_away(Put(0, 0, 0, channel, self.node, payload)):
            self.credits.give_back(channel, 1)
            raise ChannelFull(channel)
        self.plane.settle()

    def took(self, channel: str, parcel: Parcel) -> None:
        """A message has been taken out of a mailbox here: let its sender know."""
        if parcel.origin == self.node:
            self.credits.give_back(channel, 1)
        elif parcel.origin:
            if not self._taken:
                self._loop.call_soon(self._tell_taken)
            self._taken[parcel.origin, channel] += 1

    def restore(self, channel: str, parcel: Parcel) -> None:
        """Bring back a message whose receiver went away: it is the next one again."""
        if self.is_here(channel):
            self.mailboxes.put(channel, parcel, front=True)
            return
        self._send_away(Put(0, 0, 0, channel, parcel.origin, repack(parcel), front=True))
        self.plane.settle()

    # Groups -----------------------------------------------------------------------------------------------------------

    def add_member(self, group: str, channel: str, known: Callable[[], None]) -> None:
        """Put a channel of this node into a group; `known` is called once the group's owner knows."""
        self.memberships.add(group, channel)
        if self.router.join(group, self.plane.clock_ms()):
            known()
        else:
            self._joining.setdefault(group, []).append(known)
        self.plane.settle()

    def discard_member(self, group: str, channel: str) -> None:
        """Take a channel of this node out of a group."""
        self.memberships.discard(group, channel)
        self._leave_if_empty(group)

    def discard_channel(self, channel: str) -> None:
        """Take a channel out of all groups."""
        for group in self.memberships.discard_channel(channel):
            self._leave_if_empty(group)

    def forget_everything(self) -> None:
        """Drop messages and groups of this node."""
        for group in self.memberships.groups():
            self.router.leave(group)
        self.memberships.clear()
        self.mailboxes.clear()
        self.credits.clear()
        self.plane.settle()

    # What the data plane says -----------------------------------------------------------------------------------------

    def deliver(self, groups: tuple[str, ...], payload: bytes) -> None:
        """A message for groups with members here: once to each channel, with those of the groups it is in."""
        if len(groups) == 1:
            parcel = Parcel(payload, groups)
            for channel in self._members(groups[0]):
                self._put_member(channel, parcel)
            return
        hits, empty = self.memberships.by_channel(groups)
        for group in empty:
            self.router.leave(group)
        for channel, names in hits.items():
            self._put_member(channel, Parcel(payload, tuple(names)))

    def confirmed(self, group: str) -> None:
        """The owner of a group knows of its members here."""
        for known in self._joining.pop(group, ()):
            known()

    def missed(self, notice: Notice) -> None:
        """Tell every callback what it may have missed."""
        since_ms = wall_ms() - (self.plane.clock_ms() - notice.since_ms)
        logger.info("messages may be missing", extra={"groups": notice.groups and len(notice.groups)})
        message: Message = {"type": GAP, "groups": notice.groups and list(notice.groups), "since_ms": since_ms}
        payload = pack(message)
        for channel in self.mailboxes.callbacks():
            self.mailboxes.put(channel, Parcel(payload))

    def posted(self, node: NodeId, frame: Post) -> None:
        """A frame about channels."""
        if isinstance(frame, Put):
            self._take_in(frame)
        elif isinstance(frame, Taken):
            self.credits.give_back(frame.channel, frame.count)
        else:
            self.remote.posted(node, frame)

    def linked(self, node: NodeId) -> None:
        """A link has come up."""
        self.remote.changed()

    def unlinked(self, node: NodeId) -> None:
        """A link has gone down: nobody knows what became of messages for channels on the other side."""
        self.credits.clear()
        self.remote.unlinked(node)

    def viewed(self) -> None:
        """Slots may have moved: what lives elsewhere now goes there."""
        for channel in self.mailboxes.names():
            if self._moved(channel):
                for parcel in self.mailboxes.take_all(channel):
                    self.restore_behind(channel, parcel)
        for channel in self.memberships.channels():
            if self._moved(channel):
                self.remote.move_memberships(channel)
        self.remote.changed()

    def restore_behind(self, channel: str, parcel: Parcel) -> None:
        """Send a message on to where its channel lives now, behind what waits there."""
        self._send_away(Put(0, 0, 0, channel, parcel.origin, repack(parcel)))

    # Inside -----------------------------------------------------------------------------------------------------------

    def _sweep(self) -> None:
        """Once per expiry time drop what nobody has received, and take channels that nobody reads out of groups."""
        for channel in self.mailboxes.sweep():
            self.discard_channel(channel)
        self._sweeper = self._loop.call_later(self.bounds.expiry, self._sweep)

    def _keeps(self, channel: str) -> bool:
        """Whether a channel lives here for certain, so that no other node can think the same."""
        named = named_node(channel)
        if named:
            return named == self.node
        return self.mailboxes.has_callback(channel) or self.router.is_serving(slot_of(channel), self.plane.clock_ms())

    def _moved(self, channel: str) -> bool:
        home = self.home(channel)
        return home not in {0, self.node} and not self.mailboxes.has_callback(channel)

    def _send_away(self, frame: Put) -> bool:
        """False when there is no room. To a process that is gone, messages are dropped: nobody waits for them."""
        named = named_node(frame.channel)
        if not named:
            return self.router.put(frame, self.plane.clock_ms())
        if self.router.post(named, frame):
            return True
        self.counters["channel_unreachable"] += 1
        return named not in self.router.linked()

    def _take_in(self, frame: Put) -> None:
        """Keep a message for a channel that lives here, or send it on; what is beyond the capacity is dropped."""
        channel, origin = frame.channel, frame.origin
        if not self._keeps(channel):
            self._send_away(frame)
        elif not self.mailboxes.put(channel, Parcel(frame.payload, (), origin), front=frame.front):
            self.counters["channel_full"] += 1
            self.took(channel, Parcel(b"", (), origin))

    def _members(self, group: str) -> list[str]:
        members = self.memberships.members(group)
        if not members:
            self.router.leave(group)
        return members

    def _put_member(self, channel: str, parcel: Parcel) -> None:
        if "!" not in channel and not self.is_here(channel):
            self.restore_behind(channel, parcel)
        elif not self.mailboxes.put(channel, parcel):
            self.counters["channel_full"] += 1

    def _leave_if_empty(self, group: str) -> None:
        if group not in self.memberships:
            self.router.leave(group)
            self._joining.pop(group, None)
            self.plane.settle()

    def _tell_taken(self) -> None:
        taken, self._taken = self._taken, Counter()
        for (node, channel), count in taken.items():
            self.router.post(node, Taken(channel, count))
        self.plane.settle()
