"""Puts news into the room that a datagram has left, and first what its receiver has to refute (Lifeguard §IV-C)."""

from apps.cluster.core.gossip.config import GossipConfig
from apps.cluster.core.gossip.effects import Effects
from apps.cluster.core.gossip.messages import SEQ_MAX, Ping, Rumours, Update, size_of
from apps.cluster.core.gossip.peers import Address
from apps.cluster.core.gossip.roster import Roster
from apps.cluster.core.gossip.rumours import Queue
from apps.cluster.core.ids import NodeId

HEAD_BYTES = 24
"""Most bytes of a datagram without its news and without an address."""


class Numbers:
    """Gives numbers to questions; after the last possible one the first comes again."""

    def __init__(self) -> None:
        self._last = 0
        self._all_given = False

    def give(self) -> int:
        """Return the next number."""
        if self._last == SEQ_MAX:
            self._last, self._all_given = 0, True
        self._last += 1
        return self._last

    def was_given(self, seq: int) -> bool:
        """Whether some question had this number, so that its answer is perhaps late but not made up."""
        return self._all_given or seq <= self._last


class Courier:
    """Loads datagrams with news, up to the size they may have."""

    def __init__(self, config: GossipConfig, roster: Roster, queue: Queue, effects: Effects) -> None:
        self._config = config
        self._roster = roster
        self._queue = queue
        self._effects = effects

    def load(self, receiver: NodeId, taken_bytes: int = 0) -> tuple[Update, ...]:
        """Return the news for a datagram that holds `taken_bytes` beside the usual head."""
        accusation = self._roster.accusation(receiver)
        if accusation is None and not len(self._queue):
            return ()
        room_bytes = self._config.packet_bytes - HEAD_BYTES - taken_bytes
        if accusation is not None:
            room_bytes -= size_of(accusation)
        news = self._queue.pick(room_bytes, self._config.retransmits(self._roster.count))
        return tuple(news) if accusation is None else (accusation, *news)

    def ping(self, target: NodeId, address: Address, seq: int) -> None:
        """Ask a node whether it is there."""
        self._effects.datagrams.append((address, Ping(seq, target, False, self.load(target))))

    def spread(self, receiver: NodeId, address: Address) -> None:
        """Send nothing but news."""
        news = self.load(receiver)
        if news:
            self._effects.datagrams.append((address, Rumours(news)))
