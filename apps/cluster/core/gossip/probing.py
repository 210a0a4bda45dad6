"""Asks one node after the other whether it is there, and has others ask where no answer comes (SWIM, Lifeguard).

A probe lasts one interval: a direct question, after the timeout indirect ones and one over a stream, then the verdict.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from apps.cluster.core.gossip.awareness import Awareness
from apps.cluster.core.gossip.config import GossipConfig
from apps.cluster.core.gossip.courier import Courier, Numbers
from apps.cluster.core.gossip.effects import Effects
from apps.cluster.core.gossip.messages import Ack, Nack, Ping, PingRequest
from apps.cluster.core.gossip.peers import Peer, Status
from apps.cluster.core.gossip.roster import Roster
from apps.cluster.core.ids import NodeId, Random


@dataclass(slots=True)
class _Probe:
    seq: int
    target: Peer
    """As it was when it was asked: it can only be suspected in that incarnation."""
    indirect_ms: int
    verdict_ms: int
    asked_others: bool = False
    helpers: int = 0
    silent: set[NodeId] = field(default_factory=set)
    """Those asked to ask that have not said anything yet."""


class Prober:
    """One probe at a time, one per interval; the interval stretches while this node finds itself slow."""

    def __init__(
        self,
        config: GossipConfig,
        roster: Roster,
        awareness: Awareness,
        courier: Courier,
        effects: Effects,
        numbers: Numbers,
        rng: Random,
        now_ms: int,
    ) -> None:
        self._config = config
        self._roster = roster
        self._awareness = awareness
        self._courier = courier
        self._effects = effects
        self._numbers = numbers
        self._rng = rng
        self._probe: _Probe | None = None
        self._next_ms = now_ms + int(rng.random() * config.probe_interval_ms)

    @property
    def next_deadline_ms(self) -> int:
        """When `tick` is wanted next."""
        probe = self._probe
        if probe is None:
            return self._next_ms
        return probe.verdict_ms if probe.asked_others else probe.indirect_ms

    def tick(self, now_ms: int) -> Peer | None:
        """Go on with the probe; returns the target of one that failed."""
        failed: Peer | None = None
        probe = self._probe
        if probe is not None and now_ms >= probe.verdict_ms:
            self._probe, failed = None, probe.target
            self._blame_myself(probe)
        elif probe is not None and now_ms >= probe.indirect_ms and not probe.asked_others:
            self._ask_others(probe)
        if self._probe is None and now_ms >= self._next_ms:
            self._begin(now_ms)
        return failed

    def abandon(self, now_ms: int) -> None:
        """Forget the probe that runs: this node could not have heard the answer."""
        self._probe = None
        self._next_ms = now_ms

    def hear_ack(self, sender: NodeId, ack: Ack) -> bool:
        """Take in an answer; False when it answers no question of the probe that runs."""
        probe = self._probe
        if probe is None or ack.seq != probe.seq or sender not in {probe.target.node, *probe.silent}:
            return False
        self._probe = None
        self._awareness.better()
        return True

    def hear_nack(self, sender: NodeId, nack: Nack) -> None:
        """Somebody else gets no answer either, so at least this node hears somebody."""
        if self._probe is not None and nack.seq == self._probe.seq:
            self._probe.silent.discard(sender)

    def _begin(self, now_ms: int) -> None:
        verdict_ms = now_ms + self._awareness.stretch(self._config.probe_interval_ms)
        self._next_ms = verdict_ms
        node = self._roster.ring.turn()
        if node is None:
            return
        target = self._roster.peers[node]
        indirect_ms = now_ms + self._awareness.stretch(self._config.probe_timeout_ms)
        self._probe = _Probe(self._numbers.give(), target, indirect_ms, verdict_ms)
        self._courier.ping(node, target.address, self._probe.seq)

    def _ask_others(self, probe: _Probe) -> None:
        probe.asked_others = True
        target = probe.target
        taken_bytes = len(target.address[0].encode()) + 8
        for helper in list(islice(self._helpers(target.node), self._config.indirect_probes)):
            probe.helpers += 1
            probe.silent.add(helper)
            news = self._courier.load(helper, taken_bytes)
            request = PingRequest(probe.seq, target.node, target.address, news)
            self._effects.datagrams.append((self._roster.peers[helper].address, request))
        self._effects.streams.append((target.address, Ping(probe.seq, target.node, True, ())))

    def _helpers(self, target: NodeId) -> Iterator[NodeId]:
        peers = self._roster.peers
        for node in self._roster.living.draw(self._rng):
            if node != target and peers[node].status is Status.ALIVE:
                yield node

    def _blame_myself(self, probe: _Probe) -> None:
        """Helpers that stayed silent hint that this node is the deaf one; with none it cannot know, and takes one."""
        self._awareness.worse(len(probe.silent) if probe.helpers else 1)
