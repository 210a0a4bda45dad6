"""How news change what a node believes (SWIM §4.2): the higher incarnation wins, and only a node itself raises its own.

At the same incarnation the worse news win: alive, then suspect, then dead, then left. News about this node itself that
are not true are answered with a higher incarnation. Not here: how news travel, and who asks whom.
"""

from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from apps.cluster.core.gossip.awareness import Awareness
from apps.cluster.core.gossip.config import GossipConfig
from apps.cluster.core.gossip.effects import Effects
from apps.cluster.core.gossip.messages import Alive, Dead, Left, Suspect, Update
from apps.cluster.core.gossip.peers import INCARNATION_MAX, LIVING, Address, Meta, Peer, Status, fits
from apps.cluster.core.gossip.roster import Roster
from apps.cluster.core.gossip.rumours import Queue
from apps.cluster.core.gossip.suspicion import Suspicions
from apps.cluster.core.ids import NodeId


class Beliefs:
    """What this node believes of itself and the others. What it learns it also passes on, unless told to be `quiet`."""

    def __init__(self, roster: Roster, config: GossipConfig, effects: Effects, rejected: Counter[str]) -> None:
        self.queue = Queue()
        self.awareness = Awareness(config.awareness_max)
        self.suspicions = Suspicions(config)
        self.conflict: Address | None = None
        """Where another process runs under this node's id, if one was heard of."""
        self._yields = False
        self._roster = roster
        self._effects = effects
        self._rejected = rejected

    def listen(self, sender: NodeId, updates: Iterable[Update], now_ms: int, *, quiet: bool = False) -> None:
        """Take in what somebody says. One that is believed dead can refute that, but not accuse third parties before:
        it may be a node that can send and not hear, to which everybody seems dead."""
        peer = self._roster.peers.get(sender)
        trusted = peer is None or peer.status is not Status.DEAD
        for update in updates:
            if trusted or update.node == self._roster.node or isinstance(update, Alive | Left):
                self.hear(update, now_ms, quiet=quiet)
            else:
                self._rejected["accused_by_the_dead"] += 1

    def hear(self, update: Update, now_ms: int, *, quiet: bool = False) -> None:
        """Take in a piece of news. Old news change nothing."""
        match update:
            case Alive():
                self._hear_alive(update, now_ms, quiet)
            case Suspect(node, incarnation, accuser):
                self.suspect(node, incarnation, accuser, now_ms)
            case Dead(node, incarnation):
                self._hear_end(node, incarnation, Status.DEAD, update, now_ms)
            case _:
                self._hear_end(update.node, update.incarnation, Status.LEFT, update, now_ms)

    def suspect(self, node: NodeId, incarnation: int, accuser: NodeId, now_ms: int) -> None:
        """Somebody, perhaps this node, got no answer from a node that last spoke in this incarnation."""
        peer = self._roster.peers.get(node)
        if peer is None or incarnation < peer.incarnation or peer.status not in LIVING:
            return
        if node == self._roster.node:
            self._answer(incarnation, grave=False)
            return
        if incarnation > peer.accused:
            self._accuse(peer, incarnation, accuser, now_ms)
        elif not self.suspicions.confirm(node, accuser):
            return
        self.queue.add(Suspect(node, max(incarnation, peer.accused), accuser))

    def expire(self, now_ms: int) -> None:
        """Declare those dead that did not refute in time."""
        for node in self.suspicions.expire(now_ms):
            accused = self._roster.peers[node].accused
            self._hear_end(node, accused, Status.DEAD, Dead(node, accused, self._roster.node), now_ms)

    def say(self, meta: Meta) -> None:
        """Tell the others something else of this node from now on."""
        me = self._roster.me
        self._believe(replace(me, meta=meta, incarnation=min(me.incarnation + 1, INCARNATION_MAX)))
        self.queue.add(self.testimony())
        if meta.cluster != me.meta.cluster:
            self._part_from_strangers()

    def say_goodbye(self, now_ms: int) -> None:
        """Tell the others that this node goes. Nothing that is said of it is answered any more."""
        me = self._roster.me
        self._believe(replace(me, status=Status.LEFT, since_ms=now_ms, accused=me.incarnation))
        self.queue.add(Left(me.node, me.incarnation))

    def testimony(self) -> Alive:
        """Return what this node says of itself."""
        me = self._roster.me
        return Alive(me.node, me.address, me.incarnation, me.meta)

    def is_strange(self, meta: Meta) -> bool:
        """Whether somebody belongs to another cluster. Who belongs to none is welcome."""
        own = self._roster.me.meta.cluster
        return bool(own) and bool(meta.cluster) and meta.cluster != own

    def _accuse(self, peer: Peer, incarnation: int, accuser: NodeId, now_ms: int) -> None:
        """Start a suspicion. One of an earlier incarnation was refuted, heard or not: its time does not count."""
        since_ms = now_ms if peer.status is Status.ALIVE else peer.since_ms
        self.suspicions.end(peer.node)
        self._believe(replace(peer, status=Status.SUSPECT, since_ms=since_ms, accused=incarnation))
        self.suspicions.start(peer.node, accuser, self._roster.count, now_ms)

    def _hear_alive(self, news: Alive, now_ms: int, quiet: bool) -> None:
        if news.node == self._roster.node:
            self._hear_of_myself(news)
            return
        peer = self._roster.peers.get(news.node)
        if peer is not None and news.incarnation < peer.incarnation:
            return
        if news.incarnation <= self._roster.grave_of(news.node):
            self._rejected["old_news"] += 1
            return
        if peer is not None and news.incarnation == peer.incarnation and not self._outranks(news, peer):
            return
        if self._is_acceptable(news, peer):
            self._renew(news, peer, now_ms, quiet)

    def _outranks(self, news: Alive, peer: Peer) -> bool:
        """Two processes with one id and incarnation: everybody settles on the same one."""
        if news.address == peer.address:
            return False
        self._rejected["conflict"] += 1
        return news.address > peer.address

    def _is_acceptable(self, news: Alive, peer: Peer | None) -> bool:
        if self.is_strange(news.meta):
            self._rejected["wrong_cluster"] += 1
            if peer is not None:
                self._part(peer)
            return False
        if (peer is None or news.meta != peer.meta) and not fits(news.meta):
            self._rejected["bad_meta"] += 1
            return False
        if peer is None and not self._roster.has_room():
            self._rejected["too_many_peers"] += 1
            return False
        return True

    def _renew(self, news: Alive, peer: Peer | None, now_ms: int, quiet: bool) -> None:
        accused = -1 if peer is None else peer.accused
        if peer is not None and (peer.status is Status.ALIVE or news.incarnation <= accused):
            status, since_ms = peer.status, peer.since_ms
        else:
            status, since_ms = Status.ALIVE, now_ms
            self.suspicions.end(news.node)
        self._believe(Peer(news.node, news.address, news.incarnation, status, news.meta, since_ms, accused))
        if not quiet:
            self.queue.add(news)

    def _hear_end(self, node: NodeId, incarnation: int, status: Status, news: Dead | Left, now_ms: int) -> None:
        peer = self._roster.peers.get(node)
        if peer is None or incarnation < peer.incarnation:
            return
        if node == self._roster.node:
            self._answer(incarnation, grave=True)
            return
        if peer.status in {status, Status.LEFT}:
            return
        self.suspicions.end(node)
        accused = max(incarnation, peer.accused)
        self._believe(replace(peer, status=status, since_ms=now_ms, accused=accused))
        self.queue.add(news)

    def _hear_of_myself(self, news: Alive) -> None:
        """Somebody repeats what this node said, or what an earlier run of it said, or another process of its name."""
        me = self._roster.me
        if me.status is Status.LEFT or news.incarnation < me.incarnation:
            return
        if news.address != me.address:
            self._rejected["conflict"] += 1
            self.conflict = news.address
            self._yields = (news.incarnation, news.address) > (me.incarnation, me.address)
        elif news.incarnation > me.incarnation or news.meta != me.meta:
            self._refute(news.incarnation)

    def _answer(self, incarnation: int, *, grave: bool) -> None:
        """This node is accused. One that yields to another of its name leaves that to it, unless that one is dead."""
        if self._roster.me.status is Status.LEFT or (self._yields and not grave):
            return
        self.conflict, self._yields = None, False
        self.awareness.worse()
        self._refute(incarnation)

    def _refute(self, incarnation: int) -> None:
        self._roster.put(replace(self._roster.me, incarnation=min(incarnation + 1, INCARNATION_MAX)))
        self.queue.add(self.testimony())

    def _part_from_strangers(self) -> None:
        for peer in list(self._roster.peers.values()):
            if self.is_strange(peer.meta):
                self._part(peer)

    def _part(self, peer: Peer) -> None:
        """Know nothing more of a node that turned out to belong elsewhere."""
        self.suspicions.end(peer.node)
        self.queue.discard(peer.node)
        self._roster.drop(peer.node)
        self._effects.changes.append(replace(peer, status=Status.LEFT))

    def _believe(self, peer: Peer) -> None:
        assert (peer.status is Status.ALIVE) == (peer.incarnation > peer.accused), "alive is who spoke last"
        before = self._roster.peers.get(peer.node)
        self._roster.put(peer)
        if before is None or (peer.status, peer.address, peer.meta) != (before.status, before.address, before.meta):
            self._effects.changes.append(peer)
