"""The way of one message through a node: delivered here, sent on, parked, or given up with a gap.

Knows the table and the peers as they are; changing them, and telling of gaps, is the router's part.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import NamedTuple

from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing.announcing import Joined
from apps.cluster.core.routing.config import RoutingConfig
from apps.cluster.core.routing.frames import AnyFrame, Deliver, Post, Put, Route, encode_frame
from apps.cluster.core.routing.gaps import Gaps, Notice
from apps.cluster.core.routing.parking import Parked, Parking
from apps.cluster.core.routing.peer import Peer
from apps.cluster.core.routing.slotting import slot_of
from apps.cluster.core.slots import SlotTable

HARD_LIMIT_FACTOR = 4
"""Announcements and answers may take up so many times `peer_bytes`; then the link is closed and begun anew."""


class Delivery(NamedTuple):
    """A message for groups with members here."""

    groups: tuple[str, ...]
    payload: bytes


class Arrival(NamedTuple):
    """A frame about channels, and the node that sent it."""

    node: NodeId
    frame: Post


@dataclass(slots=True)
class Effects:
    """What the node has to do; empty lists mean nothing."""

    arrivals: list[Delivery | Arrival] = field(default_factory=list)
    """In the order in which they came: groups with members here and the payload they are told, or a node and a frame
    about channels from it."""
    confirmed: list[str] = field(default_factory=list)
    """Groups whose owner knows of the members here now."""
    gaps: list[Notice] = field(default_factory=list)
    resets: list[NodeId] = field(default_factory=list)
    """Links to be closed."""

    @property
    def deliveries(self) -> list[Delivery]:
        """Those of the arrivals that are for groups."""
        return [arrival for arrival in self.arrivals if isinstance(arrival, Delivery)]

    @property
    def posts(self) -> list[Arrival]:
        """Those of the arrivals that are about channels."""
        return [arrival for arrival in self.arrivals if isinstance(arrival, Arrival)]


class Switch:
    """Routes messages by the table in force. `peers` are all nodes that are known, `linked` those with a link."""

    def __init__(self, node: NodeId, config: RoutingConfig) -> None:
        self.node = node
        self.config = config
        self.counters: Counter[str] = Counter()
        self.effects = Effects()
        self.joined = Joined()
        self.peers: dict[NodeId, Peer] = {}
        self.linked: list[Peer] = []
        self.parking = Parking(config.parked_bytes, config.parked_ms)
        self.lost = Gaps(config.gap_groups)
        """To be told to everybody."""
        self.missed = Gaps(config.gap_groups)
        """To be told here."""
        self.serving_until_ms = 0
        self.use(SlotTable())

    def use(self, table: SlotTable) -> None:
        """Route by this table from now on."""
        self.table = table
        self.owners = table.owners
        self.epochs = tuple(chain.from_iterable(repeat(part.epoch, part.count) for part in table.ranges))
        self.epoch = table.epoch

    # Messages for groups ----------------------------------------------------------------------------------------------

    def dispatch(self, frame: Route, since_ms: int, now_ms: int) -> None:
        """Deliver what this node serves, send the rest to its owners. `since_ms`: when the message was sent."""
        owners, groups = self.owners, frame.groups
        if len(groups) == 1:
            self._to_owner(owners[slot_of(groups[0])], frame, since_ms, now_ms)
            return
        parts: dict[NodeId, list[str]] = {}
        for group in groups:
            parts.setdefault(owners[slot_of(group)], []).append(group)
        for owner, names in parts.items():
            part = Route(frame.epoch, frame.hops, frame.age_ms, tuple(names), frame.payload)
            self._to_owner(owner, part, since_ms, now_ms)

    def deliver(self, peer: Peer, frame: Deliver) -> None:
        """Take in what an owner says. One that did not know yet that a slot was taken from it is not believed."""
        groups: Sequence[str] = frame.groups
        if frame.epoch < self.epoch:
            groups = self._current_groups(peer, frame)
        joined = self.joined
        here = tuple([group for group in groups if group in joined])
        if here:
            self.effects.arrivals.append(Delivery(here, frame.payload))

    def retry_parked(self, now_ms: int) -> None:
        """Try again what waits: something has changed."""
        for parked in self.parking.take_all():
            if isinstance(parked.frame, Route):
                self.dispatch(parked.frame, parked.since_ms, now_ms)
            else:
                self.put(parked.frame, parked.since_ms, now_ms)

    def give_up(self, frame: Route | Put, since_ms: int, reason: str) -> None:
        """Drop a message: members of its groups are told that something is missing."""
        self.counters[reason] += 1
        if isinstance(frame, Route):
            self.lost.add(frame.groups, since_ms - self.config.gap_margin_ms)

    def _to_owner(self, owner: NodeId, frame: Route, since_ms: int, now_ms: int) -> None:
        if owner == self.node:
            if now_ms < self.serving_until_ms:
                if len(frame.groups) == 1:
                    self._serve_one(frame.groups, frame.payload, now_ms)
                else:
                    self._serve(frame.groups, frame.payload, now_ms)
                return
        elif (peer := self._next_hop(owner, frame)) is not None:
            if frame.hops >= self.config.max_hops:
                self.give_up(frame, since_ms, "too_many_hops")
                return
            onward = Route(self.epoch, frame.hops + 1, now_ms - since_ms, frame.groups, frame.payload)
            self._push_message(peer, encode_frame(onward), frame.groups, now_ms)
            peer.routes.note(now_ms)
            return
        if not self.parking.add(Parked(frame, since_ms)):
            self.give_up(frame, since_ms, "parking_full")

    def _next_hop(self, owner: NodeId, frame: Route | Put) -> Peer | None:
        """Return the linked owner, unless there is none or the sender has a newer table than this node."""
        peer = self.peers.get(owner)
        return peer if peer is not None and peer.up and frame.epoch <= self.epoch else None

    def _serve_one(self, groups: tuple[str, ...], payload: bytes, now_ms: int) -> None:
        """The same as `_serve` for one group: by far the most frequent case, so it is spared the lists."""
        (group,) = groups
        slot = slot_of(group)
        if self.joined.holds(group, slot):
            self.effects.arrivals.append(Delivery(groups, payload))
        slot_epoch, encoded = self.epochs[slot], b""
        for peer in self.linked:
            if peer.interest.wants(group, slot, slot_epoch):
                encoded = encoded or encode_frame(Deliver(self.epoch, groups, payload))
                self._push_message(peer, encoded, groups, now_ms)

    def _serve(self, groups: Sequence[str], payload: bytes, now_ms: int) -> None:
        """Tell each node with members once, the payload encoded once."""
        epochs, holds = self.epochs, self.joined.holds
        pairs = [(group, slot_of(group)) for group in groups]
        here = tuple([group for group, slot in pairs if holds(group, slot)])
        if here:
            self.effects.arrivals.append(Delivery(here, payload))
        encoded: dict[tuple[str, ...], bytes] = {}
        for peer in self.linked:
            wants = peer.interest.wants
            names = tuple([group for group, slot in pairs if wants(group, slot, epochs[slot])])
            if names:
                if names not in encoded:
                    encoded[names] = encode_frame(Deliver(self.epoch, names, payload))
                self._push_message(peer, encoded[names], names, now_ms)

    def _current_groups(self, peer: Peer, frame: Deliver) -> list[str]:
        stale = [group for group in frame.groups if self.epochs[slot_of(group)] > frame.epoch]
        if stale:
            self.counters["stale_epoch"] += 1
            self.missed.add(stale, peer.safe_ms - self.config.gap_margin_ms)
        return [group for group in frame.groups if group not in stale]

    # Messages for channels --------------------------------------------------------------------------------------------

    def put(self, frame: Put, since_ms: int, now_ms: int) -> bool:
        """Bring a message to where its channel lives: the owner of the channel's slot. False when it was dropped."""
        owner = self.owners[slot_of(frame.channel)]
        if owner == self.node:
            if now_ms < self.serving_until_ms:
                self.effects.arrivals.append(Arrival(self.node, frame))
                return True
        elif (peer := self._next_hop(owner, frame)) is not None:
            onward = Put(
                self.epoch, frame.hops + 1, now_ms - since_ms, frame.channel, frame.origin, frame.payload, frame.front
            )
            if frame.hops < self.config.max_hops and self.post(peer, onward):
                return True
            self.give_up(frame, since_ms, "channel_unreachable")
            return False
        if self.parking.add(Parked(frame, since_ms)):
            return True
        self.give_up(frame, since_ms, "parking_full")
        return False

    # Writing ----------------------------------------------------------------------------------------------------------

    def post(self, peer: Peer, frame: Post) -> bool:
        """Write a frame about channels; False when there is no room for it."""
        encoded = encode_frame(frame)
        if not peer.outbox.has_room(len(encoded)):
            return False
        peer.outbox.append(encoded)
        return True

    def push(self, peer: Peer, frame: AnyFrame) -> None:
        """Write what must not be dropped."""
        peer.outbox.append(encode_frame(frame))
        if peer.outbox.waiting_bytes > HARD_LIMIT_FACTOR * self.config.peer_bytes:
            self.counters["hard_limit"] += 1
            self.effects.resets.append(peer.node)

    def _push_message(self, peer: Peer, encoded: bytes, groups: Sequence[str], now_ms: int) -> None:
        if peer.outbox.has_room(len(encoded)):
            peer.outbox.append(encoded)
        else:
            self.counters["peer_full"] += 1
            self.lost.add(groups, now_ms - self.config.gap_margin_ms)
