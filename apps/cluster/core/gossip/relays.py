"""Probes on behalf of others: ask, and pass the answer on, or say in time that there was none (Lifeguard §IV-A)."""

from collections import deque
from dataclasses import dataclass

from apps.cluster.core.gossip.config import GossipConfig
from apps.cluster.core.gossip.courier import Courier, Numbers
from apps.cluster.core.gossip.effects import Effects
from apps.cluster.core.gossip.messages import Ack, Nack, PingRequest
from apps.cluster.core.gossip.peers import Address
from apps.cluster.core.gossip.roster import FAR_MS
from apps.cluster.core.ids import NodeId

RELAYS_MAX = 256
"""Most questions asked for others at a time; further ones are refused, and the asker hears nothing."""
PATIENCE = 0.8
"""After which part of a probe's timeout the asker is told that there was no answer, so that it hears that in time."""


@dataclass(frozen=True, slots=True)
class _Relay:
    asker: NodeId
    asker_address: Address
    asker_seq: int
    target: NodeId


class Relays:
    """The questions this node asks for others."""

    def __init__(self, config: GossipConfig, courier: Courier, effects: Effects, numbers: Numbers) -> None:
        self._config = config
        self._courier = courier
        self._effects = effects
        self._numbers = numbers
        self._open: dict[int, _Relay] = {}
        self._nacks: deque[tuple[int, int]] = deque()
        self._ends: deque[tuple[int, int]] = deque()

    @property
    def next_deadline_ms(self) -> int:
        """When `tick` is wanted next."""
        return min((times[0][0] for times in (self._nacks, self._ends) if times), default=FAR_MS)

    def ask(self, asker: NodeId, address: Address, request: PingRequest, now_ms: int) -> bool:
        """Ask the target; False when too much is asked already."""
        if len(self._ends) >= RELAYS_MAX:
            return False
        seq = self._numbers.give()
        self._open[seq] = _Relay(asker, address, request.seq, request.target)
        self._nacks.append((now_ms + int(PATIENCE * self._config.probe_timeout_ms), seq))
        self._ends.append((now_ms + self._config.probe_interval_ms, seq))
        self._courier.ping(request.target, request.address, seq)
        return True

    def hear_ack(self, sender: NodeId, ack: Ack) -> None:
        """Pass an answer on, if it is one to such a question."""
        relay = self._open.get(ack.seq)
        if relay is not None and relay.target == sender:
            del self._open[ack.seq]
            answer = Ack(relay.asker_seq, self._courier.load(relay.asker))
            self._effects.datagrams.append((relay.asker_address, answer))

    def tick(self, now_ms: int) -> None:
        """Own up to questions without an answer, and forget them later."""
        while self._nacks and self._nacks[0][0] <= now_ms:
            relay = self._open.get(self._nacks.popleft()[1])
            if relay is not None:
                self._effects.datagrams.append((relay.asker_address, Nack(relay.asker_seq)))
        while self._ends and self._ends[0][0] <= now_ms:
            self._open.pop(self._ends.popleft()[1], None)
