"""The gossip of one node: give it what comes in and the time, take what is to be sent and what is believed anew.

It never waits, reads no clock and decides nothing: what it believes is evidence for those that do.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from types import MappingProxyType

from apps.cluster.core.gossip.beliefs import Beliefs
from apps.cluster.core.gossip.config import GossipConfig
from apps.cluster.core.gossip.courier import Courier, Numbers
from apps.cluster.core.gossip.effects import Effects
from apps.cluster.core.gossip.messages import (
    Ack,
    Dead,
    GossipMessage,
    Nack,
    Ping,
    PingRequest,
    Rumours,
    Suspect,
    SyncPush,
    SyncReply,
    SyncRequest,
    Update,
)
from apps.cluster.core.gossip.peers import LIVING, Address, Meta, Peer, Status, check_meta
from apps.cluster.core.gossip.probing import Prober
from apps.cluster.core.gossip.relays import Relays
from apps.cluster.core.gossip.reunion import CALL_SEQ, Reunion
from apps.cluster.core.gossip.roster import Roster
from apps.cluster.core.gossip.syncing import Syncing
from apps.cluster.core.ids import NodeId, Random


class Gossip:
    """One node. `tick` is wanted at `next_deadline_ms`; after each call `take` gives what is to be done."""

    def __init__(
        self,
        node: NodeId,
        address: Address,
        meta: Meta,
        incarnation: int,
        config: GossipConfig,
        rng: Random,
        now_ms: int,
    ) -> None:
        """Raises MetaRefused. `incarnation` must be higher than any that an earlier run of this node has used."""
        check_meta(meta)
        self.rejected: Counter[str] = Counter()
        """What came in and was not believed, by reason."""
        self._node = node
        self._config = config
        self._effects = Effects()
        self._rng = rng
        self._roster = Roster(node, config.peers_max, config.dead_keep_ms, rng)
        self._roster.put(Peer(node, address, incarnation, Status.ALIVE, meta, now_ms))
        self._beliefs = Beliefs(self._roster, config, self._effects, self.rejected)
        self._wire(now_ms)
        self._gossip_ms = now_ms
        self._settle(now_ms)

    @property
    def peers(self) -> Mapping[NodeId, Peer]:
        """Everybody known, this node included: always what is believed now."""
        return self._peers

    @property
    def health(self) -> int:
        """0 while this node hears what it should; higher the less it can trust what it does not hear."""
        return self._beliefs.awareness.score

    @property
    def conflict(self) -> Address | None:
        """Where another process runs under this node's id, if one was heard of."""
        return self._beliefs.conflict

    def take(self) -> Effects:
        """Return what is to be done, and forget it."""
        effects = self._effects
        taken = Effects(effects.datagrams, effects.streams, effects.changes)
        effects.datagrams, effects.streams, effects.changes = [], [], []
        return taken

    def join(self, addresses: Sequence[Address], now_ms: int) -> None:
        """Find others at these addresses; keeps trying while nobody answers there."""
        self._reunion.join(addresses, now_ms)
        self._settle(now_ms)

    def leave(self, now_ms: int) -> None:
        """Say goodbye: to some at once, and to the rest while `tick` goes on being called."""
        if self._roster.me.status is not Status.LEFT:
            self._beliefs.say_goodbye(now_ms)
            self._spread(now_ms)
            self._settle(now_ms)

    def update(self, meta: Meta, now_ms: int) -> None:
        """Tell the others something else of this node; nothing more after `leave`. Raises MetaRefused."""
        check_meta(meta)
        if meta != self._roster.me.meta and self._roster.me.status is not Status.LEFT:
            self._beliefs.say(meta)
            self._settle(now_ms)

    def tick(self, now_ms: int) -> None:
        """Time has passed."""
        self._wake(now_ms)
        if self._roster.me.status is not Status.LEFT:
            self._watch(now_ms)
        self._relays.tick(now_ms)
        self._roster.forget(now_ms)
        if len(self._beliefs.queue) and now_ms >= self._gossip_ms:
            self._spread(now_ms)
        self._settle(now_ms)

    def receive(self, sender: NodeId, address: Address, message: GossipMessage, now_ms: int) -> None:
        """Take in what an authenticated node sent that can be answered at this address. Never raises."""
        if sender == self._node:
            self._meet_myself(message)
            return
        self._wake(now_ms)
        before = self._roster.peers.get(sender)
        if isinstance(message, Ping | PingRequest | Ack | Rumours):
            self._listen(sender, address, message.updates, now_ms)
        self._answer(sender, address, message, now_ms)
        after = self._roster.peers.get(sender)
        if after is None or (before is not None and before.status is Status.DEAD and after.status in LIVING):
            self._syncing.wish(address, now_ms)
        self._settle(now_ms)

    def _wire(self, now_ms: int) -> None:
        """Put the parts together; all of them see the same roster and effects."""
        config, roster, beliefs, effects = self._config, self._roster, self._beliefs, self._effects
        numbers = self._numbers = Numbers()
        self._peers = MappingProxyType(roster.peers)
        self._courier = Courier(config, roster, beliefs.queue, effects)
        self._prober = Prober(config, roster, beliefs.awareness, self._courier, effects, numbers, self._rng, now_ms)
        self._relays = Relays(config, self._courier, effects, numbers)
        self._syncing = Syncing(config, roster, beliefs, effects, self.rejected, numbers, self._rng, now_ms)
        self._reunion = Reunion(config, roster, self._courier, self._syncing, self._rng, now_ms)

    def _listen(self, sender: NodeId, address: Address, news: Sequence[Update], now_ms: int) -> None:
        """Take in news. Who accuses this node itself is told better: it may have missed a refutation made long ago."""
        self._beliefs.listen(sender, news, now_ms)
        if self._roster.me.status is Status.ALIVE and any(accuses(sender, update, self._node) for update in news):
            self._effects.datagrams.append((address, Rumours((self._beliefs.testimony(),))))

    def _answer(self, sender: NodeId, address: Address, message: GossipMessage, now_ms: int) -> None:
        match message:
            case Ping():
                self._answer_ping(sender, address, message)
            case PingRequest():
                self._count(self._relays.ask(sender, address, message, now_ms), "too_many_relays")
            case Ack(seq):
                if not self._prober.hear_ack(sender, message):
                    self._relays.hear_ack(sender, message)
                self._count(seq == CALL_SEQ or self._numbers.was_given(seq), "unasked_ack")
            case Nack(seq):
                self._prober.hear_nack(sender, message)
                self._count(self._numbers.was_given(seq), "unasked_nack")
            case SyncRequest():
                self._syncing.hear_request(sender, address, message, now_ms)
            case SyncReply():
                self._hear_reply(sender, address, message, now_ms)
            case SyncPush():
                self._syncing.hear_push(sender, message, now_ms)

    def _answer_ping(self, sender: NodeId, address: Address, ping: Ping) -> None:
        if ping.target != self._node:
            self.rejected["wrong_target"] += 1
        elif ping.by_stream:
            self._effects.streams.append((address, Ack(ping.seq, ())))
        else:
            self._effects.datagrams.append((address, Ack(ping.seq, self._courier.load(sender))))

    def _hear_reply(self, sender: NodeId, address: Address, reply: SyncReply, now_ms: int) -> None:
        asked = self._syncing.asked(reply.seq)
        if asked is None:
            self.rejected["unasked_reply"] += 1
            return
        self._reunion.answered(asked, sender)
        self._syncing.hear_reply(sender, address, reply, now_ms)

    def _meet_myself(self, message: GossipMessage) -> None:
        """One of the addresses to join is this node's own, by another name."""
        asked = self._syncing.asked(message.seq) if isinstance(message, SyncRequest) else None
        if asked is None:
            self.rejected["from_myself"] += 1
        else:
            self._reunion.answered(asked, self._node)

    def _count(self, welcome: bool, reason: str) -> None:
        if not welcome:
            self.rejected[reason] += 1

    def _wake(self, now_ms: int) -> None:
        """Notice that this node was stopped for longer than a probe: it cannot blame others for that silence."""
        lost_ms = now_ms - self.next_deadline_ms
        if lost_ms > self._config.probe_interval_ms:
            self._beliefs.suspicions.postpone(lost_ms)
            self._beliefs.awareness.worse()
            self._prober.abandon(now_ms)

    def _watch(self, now_ms: int) -> None:
        failed = self._prober.tick(now_ms)
        if failed is not None:
            self._beliefs.suspect(failed.node, failed.incarnation, self._node, now_ms)
        self._beliefs.expire(now_ms)
        self._syncing.tick(now_ms)
        self._reunion.tick(now_ms)

    def _spread(self, now_ms: int) -> None:
        self._gossip_ms = now_ms + self._config.gossip_interval_ms
        for node in list(islice(self._roster.living.draw(self._rng), self._config.gossip_fanout)):
            self._courier.spread(node, self._roster.peers[node].address)

    def _settle(self, now_ms: int) -> None:
        """Work out when time matters next."""
        deadline_ms = min(self._relays.next_deadline_ms, self._roster.next_deadline_ms)
        if len(self._beliefs.queue) and len(self._roster.living):
            deadline_ms = min(deadline_ms, max(now_ms, self._gossip_ms))
        if self._roster.me.status is not Status.LEFT:
            deadline_ms = min(
                deadline_ms,
                self._prober.next_deadline_ms,
                self._beliefs.suspicions.next_deadline_ms,
                self._syncing.next_deadline_ms,
                self._reunion.next_deadline_ms,
            )
        self.next_deadline_ms = deadline_ms


def accuses(sender: NodeId, update: Update, node: NodeId) -> bool:
    """Whether the sender says of its own accord that a node does not answer."""
    return isinstance(update, Suspect | Dead) and update.node == node and update.accuser == sender
