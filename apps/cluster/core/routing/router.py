"""The data plane of one node: where a message goes, and what is told when it may not have got there.

A message for a group goes to the owner of the group's slot, and from there once to every node with members. It travels
along one path only, so it arrives at most once. Not here: channels and their mailboxes, sockets, sealing, the clock.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing.config import RoutingConfig, RoutingView
from apps.cluster.core.routing.frames import (
    FRAME_MAX_BYTES,
    Announce,
    AnyFrame,
    Deliver,
    Done,
    Gap,
    Heard,
    Post,
    Put,
    Route,
    decode_batch,
)
from apps.cluster.core.routing.gaps import Notice
from apps.cluster.core.routing.peer import Peer
from apps.cluster.core.routing.slotting import slot_of
from apps.cluster.core.routing.switch import Arrival, Effects, Switch

PAYLOAD_MAX_BYTES = FRAME_MAX_BYTES // 2
"""The longest message; the rest of a frame is for names."""
GROUPS_PER_FRAME = 2_000
"""A message for more groups is sent in several parts."""


class MessageTooLong(ValueError):
    """A message has more than PAYLOAD_MAX_BYTES."""


class Router:
    """Routes messages between nodes. Times are this node's monotonic milliseconds."""

    def __init__(self, node: NodeId, config: RoutingConfig, now_ms: int) -> None:
        self.node = node
        self._config = config
        self._switch = Switch(node, config)
        self._unconfirmed: dict[str, int] = {}
        self._gaps_due_ms = now_ms
        self._current_ms = now_ms
        self._next_tick_ms = now_ms

    @property
    def counters(self) -> Counter[str]:
        """How often what was dropped or refused."""
        return self._switch.counters

    # What the control plane says --------------------------------------------------------------------------------------

    def set_view(self, view: RoutingView, now_ms: int) -> None:
        """Work by another table and other members; from the return on the old table is not served by any more."""
        switch, older = self._switch, self._switch.epoch
        for node in view.members:
            if node != self.node:
                self._peer(node).member = True
        self._drop_former_members(frozenset(view.members), now_ms)
        if view.table is not switch.table:
            assert view.table.epoch >= older, "tables only get newer"
            switch.use(view.table)
            self._announce_moved(older, now_ms)
            for peer in switch.linked:
                peer.interest.prune(self.node, switch.owners, switch.epoch)
            switch.retry_parked(now_ms)

    def set_serving(self, until_ms: int, now_ms: int) -> None:
        """Serve own slots until a time, and not a moment longer unless this is called again before."""
        lapsed = now_ms >= self._switch.serving_until_ms
        self._switch.serving_until_ms = until_ms
        if now_ms < until_ms:
            self._current_ms = now_ms
            if lapsed:
                self._switch.retry_parked(now_ms)

    def is_serving(self, slot: int, now_ms: int) -> bool:
        """Whether this node may decide about a slot at this moment."""
        return self._switch.owners[slot] == self.node and now_ms < self._switch.serving_until_ms

    def owner(self, slot: int) -> NodeId:
        """Return who owns a slot by the table in force."""
        return self._switch.owners[slot]

    def linked(self) -> list[NodeId]:
        """Return the nodes that can be reached now."""
        return [peer.node for peer in self._switch.linked]

    # Links ------------------------------------------------------------------------------------------------------------

    def link_up(self, node: NodeId, now_ms: int) -> None:
        """A fresh link to a node is there: say everything it has to know."""
        switch, peer = self._switch, self._peer(node)
        assert not peer.up, "a link goes down before it comes up again"
        peer.link_up(now_ms)
        switch.linked.append(peer)
        self._announce([slot for slot in switch.joined.slots() if switch.owners[slot] == node], now_ms)
        peer.announcements.complete()
        switch.retry_parked(now_ms)

    def link_down(self, node: NodeId, now_ms: int) -> None:
        """The link is gone, with everything that had not arrived."""
        switch, peer = self._switch, self._switch.peers[node]
        assert peer.up, "only a link that was up goes down"
        switch.linked.remove(peer)
        lost_since_ms = peer.link_down(now_ms)
        if lost_since_ms is not None:
            switch.lost.add_all(lost_since_ms - self._config.gap_margin_ms)
        self._miss_all_from(peer, now_ms)
        if not peer.member:
            del switch.peers[node]

    def receive(self, node: NodeId, batch: bytes, now_ms: int) -> None:
        """Take in a batch of a linked node. Raises BatchRefused: its link has to be closed."""
        peer = self._switch.peers[node]
        frames = decode_batch(batch)
        if peer.fresh:  # From here on nothing is missed any more: it was not before, as the other end was linked later.
            self._miss_all_from(peer, now_ms)
        peer.received(now_ms, news=any(type(frame) is not Heard for frame in frames))
        for frame in frames:
            self._receive(peer, frame, now_ms)

    def flush(self) -> list[NodeId]:
        """Return the nodes for which something waits to be written."""
        switch = self._switch
        for peer in switch.linked:
            if peer.announcements:
                for frame in peer.announcements.take(switch.epoch, self._config.announce_groups):
                    switch.push(peer, frame)
        return [peer.node for peer in switch.linked if peer.outbox]

    def take_batch(self, node: NodeId) -> bytes | None:
        """Return the next batch for a linked node, None when nothing waits."""
        return self._switch.peers[node].take_batch()

    # What this node's members and senders want ------------------------------------------------------------------------

    def join(self, group: str, now_ms: int) -> bool:
        """The group has a member here. False until its owner knows: then it appears among the confirmed."""
        switch = self._switch
        if group not in switch.joined:
            switch.joined.add(group)
            if switch.owners[slot_of(group)] != self.node:
                self._unconfirmed[group] = now_ms
                self._note(group, joins=True)
        return group not in self._unconfirmed

    def leave(self, group: str) -> None:
        """The group has no member here any more."""
        if group in self._switch.joined:
            self._switch.joined.discard(group)
            self._unconfirmed.pop(group, None)
            self._note(group, joins=False)

    def send(self, groups: Sequence[str], payload: bytes, now_ms: int) -> None:
        """Tell every member of these groups. Raises MessageTooLong."""
        require_length(payload)
        for start in range(0, len(groups), GROUPS_PER_FRAME):
            part = tuple(groups[start : start + GROUPS_PER_FRAME])
            self._switch.dispatch(Route(0, 0, 0, part, payload), now_ms, now_ms)

    def put(self, frame: Put, now_ms: int) -> bool:
        """Bring a message to the owner of its channel's slot; False when there is no room for it."""
        return self._switch.put(frame, now_ms - frame.age_ms, now_ms)

    def post(self, node: NodeId, frame: Post) -> bool:
        """Say something about a channel to a node; False when it cannot be reached or has no room."""
        peer = self._switch.peers.get(node)
        return peer is not None and peer.up and self._switch.post(peer, frame)

    # Time and effects -------------------------------------------------------------------------------------------------

    @property
    def next_deadline_ms(self) -> int:
        """When `tick` is wanted next."""
        return self._next_tick_ms

    def tick(self, now_ms: int) -> None:
        """Look at the clock: acknowledge, give up what waited too long, notice silence, tell of gaps."""
        switch, config = self._switch, self._config
        self._next_tick_ms = now_ms + config.ack_ms
        if now_ms < switch.serving_until_ms:
            self._current_ms = now_ms
        for peer in switch.linked:
            if (heard := peer.report(now_ms)) is not None:
                switch.push(peer, heard)
            if now_ms - peer.heard_ms >= config.silent_ms:
                switch.counters["silent"] += 1
                switch.effects.resets.append(peer.node)
        for peer in switch.peers.values():
            if not peer.up and now_ms >= peer.next_gap_ms:
                self._miss_all_from(peer, now_ms)
        for parked in switch.parking.take_expired(now_ms):
            switch.give_up(parked.frame, parked.since_ms, "parked_too_long")
        if now_ms >= self._gaps_due_ms:
            self._tell_gaps(now_ms)

    @property
    def has_effects(self) -> bool:
        """Whether `take` would return anything to do."""
        effects = self._switch.effects
        return bool(effects.arrivals or effects.confirmed or effects.gaps or effects.resets)

    def take(self) -> Effects:
        """Return what is to be done, once."""
        effects, self._switch.effects = self._switch.effects, Effects()
        return effects

    # Inside -----------------------------------------------------------------------------------------------------------

    def _receive(self, peer: Peer, frame: AnyFrame, now_ms: int) -> None:
        switch = self._switch
        match frame:
            case Deliver():
                switch.deliver(peer, frame)
            case Route():
                switch.dispatch(frame, now_ms - frame.age_ms, now_ms)
            case Put():
                switch.effects.arrivals.append(Arrival(peer.node, frame))
            case Heard():
                peer.heard(frame, now_ms)
            case Announce():
                peer.interest.announce(frame.joins, frame.leaves, frame.epoch, complete=frame.complete)
                switch.push(peer, Done(frame.number))
            case Done():
                self._confirm(peer.announcements.confirm(frame.number), now_ms)
            case Gap(groups=()):
                switch.missed.add_all(now_ms - frame.age_ms)
            case Gap():
                switch.missed.add(frame.groups, now_ms - frame.age_ms)
            case _:
                switch.effects.arrivals.append(Arrival(peer.node, frame))

    def _peer(self, node: NodeId) -> Peer:
        peer = self._switch.peers.get(node)
        if peer is None:
            peer = self._switch.peers[node] = Peer(node, self._config, self._current_ms)
        return peer

    def _drop_former_members(self, members: frozenset[NodeId], now_ms: int) -> None:
        for peer in list(self._switch.peers.values()):
            if peer.member and peer.node not in members:
                peer.member = False
                if not peer.up:
                    self._miss_all_from(peer, now_ms)
                    del self._switch.peers[peer.node]

    def _announce_moved(self, older: int, now_ms: int) -> None:
        """Say to the owners of slots that changed hands since the older table what is here, and that this is all."""
        switch = self._switch
        self._announce([slot for slot in switch.joined.slots() if switch.epochs[slot] > older], now_ms)
        for peer in switch.linked:
            peer.announcements.complete()

    def _announce(self, slots: Iterable[int], now_ms: int) -> None:
        for slot in slots:
            groups = self._switch.joined.groups_of(slot)
            if self._switch.owners[slot] == self.node:
                self._confirm(groups, now_ms)
            for group in groups:
                self._note(group, joins=True)

    def _note(self, group: str, *, joins: bool) -> None:
        peer = self._switch.peers.get(self._switch.owners[slot_of(group)])
        if peer is not None and peer.up:
            peer.announcements.note(group, joins=joins)

    def _confirm(self, groups: Iterable[str], now_ms: int) -> None:
        for group in groups:
            since_ms = self._unconfirmed.pop(group, None)
            if since_ms is not None:
                self._switch.effects.confirmed.append(group)
                if now_ms - since_ms > self._config.join_wait_ms:
                    self._switch.missed.add((group,), since_ms)

    def _miss_all_from(self, peer: Peer, now_ms: int) -> None:
        self._switch.missed.add_all(peer.safe_ms - self._config.gap_margin_ms)
        peer.told(now_ms)

    def _tell_gaps(self, now_ms: int) -> None:
        """Tell everybody of what was lost here, and this node's members of what they may have missed."""
        switch = self._switch
        if switch.lost:
            notice = switch.lost.take()
            for peer in switch.linked:
                switch.push(peer, Gap(notice.groups or (), max(0, now_ms - notice.since_ms)))
            if notice.groups is None:
                switch.missed.add_all(notice.since_ms)
            else:
                switch.missed.add(notice.groups, notice.since_ms)
        if switch.missed:
            self._gaps_due_ms = now_ms + self._config.gap_batch_ms
            notice = switch.missed.take()
            groups = notice.groups
            if groups is not None:
                groups = tuple(group for group in groups if group in switch.joined)
            if switch.joined and groups != ():
                switch.effects.gaps.append(Notice(groups, notice.since_ms))


def require_length(payload: bytes) -> None:
    """Raises MessageTooLong."""
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise MessageTooLong(f"a message has {len(payload)} bytes, {PAYLOAD_MAX_BYTES} are possible")
