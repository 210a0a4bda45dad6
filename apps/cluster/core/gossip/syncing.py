"""Anti-entropy: two nodes compare digests of what they know and exchange what differs (push and pull).

Request with digest, reply with the records of the parts that differ, push of what the reply lacked. Between nodes that
know the same it costs the same in a cluster of any size.
"""

from collections import Counter
from collections.abc import Iterable

from apps.cluster.core.gossip.beliefs import Beliefs
from apps.cluster.core.gossip.config import GossipConfig
from apps.cluster.core.gossip.courier import Numbers
from apps.cluster.core.gossip.effects import Effects
from apps.cluster.core.gossip.messages import (
    RECORDS_MAX,
    Alive,
    Dead,
    Left,
    Suspect,
    SyncPush,
    SyncReply,
    SyncRequest,
    Update,
    size_of,
)
from apps.cluster.core.gossip.peers import LIVING, Address, Peer, Status
from apps.cluster.core.gossip.roster import Roster
from apps.cluster.core.ids import NodeId, Random

ASKED_MAX = 64
"""Most requests an answer is waited for; the oldest is forgotten for one more, and its answer refused."""


def records_of(peer: Peer, me: NodeId) -> tuple[Update, ...]:
    """Return what there is to say of a peer."""
    match peer.status:
        case Status.DEAD:
            return (Dead(peer.node, peer.accused, me),)
        case Status.LEFT:
            return (Left(peer.node, peer.accused),)
    alive = Alive(peer.node, peer.address, peer.incarnation, peer.meta)
    return (alive,) if peer.status is Status.ALIVE else (alive, Suspect(peer.node, peer.accused, me))


class Syncing:
    """Compares now and then with a random node, and sooner where something unexpected calls for it."""

    def __init__(
        self,
        config: GossipConfig,
        roster: Roster,
        beliefs: Beliefs,
        effects: Effects,
        rejected: Counter[str],
        numbers: Numbers,
        rng: Random,
        now_ms: int,
    ) -> None:
        self._config = config
        self._roster = roster
        self._beliefs = beliefs
        self._effects = effects
        self._rejected = rejected
        self._numbers = numbers
        self._rng = rng
        self._asked: dict[int, Address] = {}
        self._wish_ms = now_ms
        self.next_deadline_ms = now_ms + int(rng.random() * config.push_pull_ms)

    def tick(self, now_ms: int) -> None:
        """Compare with somebody when it is time."""
        if now_ms < self.next_deadline_ms:
            return
        self.next_deadline_ms = now_ms + self._config.push_pull_ms
        peers = self._roster.peers
        partner = next((node for node in self._roster.living.draw(self._rng) if is_alive(peers[node])), None)
        if partner is not None:
            self.request(peers[partner].address)

    def wish(self, address: Address, now_ms: int) -> None:
        """Compare with a node that turned up unexpectedly, unless this was done for another a moment ago."""
        if now_ms >= self._wish_ms:
            self._wish_ms = now_ms + self._config.sync_least_ms
            self.request(address)

    def request(self, address: Address) -> None:
        """Ask whoever is there."""
        if len(self._asked) >= ASKED_MAX:
            del self._asked[next(iter(self._asked))]
        seq = self._numbers.give()
        self._asked[seq] = address
        request = SyncRequest(seq, self._beliefs.testimony(), self._roster.digest.pack())
        self._effects.streams.append((address, request))

    def asked(self, seq: int) -> Address | None:
        """Return whom a request went to, once."""
        return self._asked.pop(seq, None)

    def hear_request(self, sender: NodeId, address: Address, request: SyncRequest, now_ms: int) -> None:
        """Answer with what differs. A node of another cluster gets no answer."""
        if request.origin.node != sender:
            self._rejected["forged"] += 1
            return
        if self._beliefs.is_strange(request.origin.meta):
            self._rejected["wrong_cluster"] += 1
            return
        self._beliefs.hear(request.origin, now_ms)
        accusation = self._roster.accusation(sender)
        differing = self._roster.digest.differing(request.digest)
        records: list[Update] = [] if accusation is None else [accusation]
        more = self._fill(records, self._roster.part(frozenset(differing)))
        self._effects.streams.append((address, SyncReply(request.seq, differing, tuple(records), more)))

    def hear_reply(self, sender: NodeId, address: Address, reply: SyncReply, now_ms: int) -> None:
        """Believe what is new, and push what the other does not know.

        News that this node finds out of nothing are worth spreading, but not everything the first one it met told it.
        """
        before = self._roster.digest.pack()
        quiet = not len(self._roster.living)
        self._take(sender, reply.records, now_ms, quiet=quiet)
        theirs = {record.node: record for record in reply.records}
        lacking: list[Update] = []
        parted = self._roster.part(frozenset(reply.differing))
        self._fill(lacking, (peer for peer in parted if self._is_news(peer, theirs.get(peer.node))))
        if lacking:
            self._effects.streams.append((address, SyncPush(tuple(lacking))))
        if reply.more and self._roster.digest.pack() != before:
            self.request(address)

    def hear_push(self, sender: NodeId, push: SyncPush, now_ms: int) -> None:
        """Believe what is new."""
        self._take(sender, push.records, now_ms, quiet=False)

    def _take(self, sender: NodeId, records: Iterable[Update], now_ms: int, *, quiet: bool) -> None:
        """Believe records; where they hold whole nodes that gossip has missed there may be more."""
        known = len(self._roster.living)
        news = [doubted(record, sender) if isinstance(record, Dead) else record for record in records]
        self._beliefs.listen(sender, news, now_ms, quiet=quiet)
        if len(self._roster.living) != known:
            self._hurry(now_ms)

    def _hurry(self, now_ms: int) -> None:
        """Compare again soon, with somebody else."""
        soon_ms = now_ms + int(self._config.sync_least_ms * (1 + self._rng.random()))
        self.next_deadline_ms = min(self.next_deadline_ms, soon_ms)

    def _is_news(self, peer: Peer, theirs: Update | None) -> bool:
        """Whether the other has something to learn of a peer, by what its reply said of it."""
        if peer.node == self._roster.node:
            return False
        if peer.status in LIVING:
            return theirs is None or theirs.incarnation < peer.incarnation
        return isinstance(theirs, Alive | Suspect) and theirs.incarnation <= peer.accused

    def _fill(self, records: list[Update], peers: Iterable[Peer]) -> bool:
        """Put in what there is to say of these peers while it fits; True when not all did."""
        room_bytes = self._config.sync_bytes
        for peer in peers:
            news = records_of(peer, self._roster.node)
            room_bytes -= sum(size_of(record) for record in news)
            if room_bytes < 0 or len(records) + len(news) > RECORDS_MAX:
                return True
            records.extend(news)
        return False


def is_alive(peer: Peer) -> bool:
    """Whether somebody lives and is not suspected."""
    return peer.status is Status.ALIVE


def doubted(record: Dead, sender: NodeId) -> Suspect:
    """Return what is believed where another takes somebody for dead: it may be the other that was cut off."""
    return Suspect(record.node, record.incarnation, sender)
