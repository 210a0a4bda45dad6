"""How long a suspect has to refute: the longer the fewer suspect it (Lifeguard §IV-B)."""

import heapq
import math

from apps.cluster.core.gossip.config import GossipConfig
from apps.cluster.core.gossip.roster import FAR_MS
from apps.cluster.core.ids import NodeId

SLACK = 64
"""How many entries of ended suspicions may lie in the heap beside as many again as there are suspicions."""


class Suspicion:
    """One suspect: since when, accused by whom, until when."""

    def __init__(self, accuser: NodeId, config: GossipConfig, nodes: int, now_ms: int) -> None:
        self._accusers = {accuser}
        self._wanted = config.confirmations(nodes)
        self._least_ms = config.suspicion_least_ms(nodes)
        self._most_ms = config.suspicion_most_ms(nodes) if self._wanted else self._least_ms
        self.since_ms = now_ms

    def confirm(self, accuser: NodeId) -> bool:
        """Take in an accuser; False when it is known or enough others are."""
        if accuser in self._accusers or len(self._accusers) > self._wanted:
            return False
        self._accusers.add(accuser)
        return True

    @property
    def deadline_ms(self) -> int:
        """When the suspect is dead: nears the least with the logarithm of the accusers."""
        if not self._wanted:
            return self.since_ms + self._least_ms
        share = math.log(len(self._accusers)) / math.log(self._wanted + 1)
        return self.since_ms + max(self._least_ms, int(self._most_ms - share * (self._most_ms - self._least_ms)))


class Suspicions:
    """All suspects of a node, and whose time is up next."""

    def __init__(self, config: GossipConfig) -> None:
        self._config = config
        self._of: dict[NodeId, Suspicion] = {}
        self._heap: list[tuple[int, NodeId]] = []

    def __len__(self) -> int:
        return len(self._of)

    @property
    def next_deadline_ms(self) -> int:
        """When somebody's time may be up; at times a moment at which nobody's is."""
        return self._heap[0][0] if self._heap else FAR_MS

    def start(self, node: NodeId, accuser: NodeId, nodes: int, now_ms: int) -> None:
        """Somebody is suspected for the first time; `nodes` live."""
        assert node not in self._of, "a suspicion starts once"
        self._of[node] = Suspicion(accuser, self._config, nodes, now_ms)
        self._push(node)

    def confirm(self, node: NodeId, accuser: NodeId) -> bool:
        """Somebody else suspects it too; whether that is new and matters."""
        if not self._of[node].confirm(accuser):
            return False
        self._push(node)
        return True

    def end(self, node: NodeId) -> None:
        """Forget a suspicion, if there is one."""
        self._of.pop(node, None)

    def expire(self, now_ms: int) -> list[NodeId]:
        """Return those whose time is up, and end their suspicions."""
        expired = []
        while self._heap and self._heap[0][0] <= now_ms:
            _, node = heapq.heappop(self._heap)
            if node in self._of and self._of[node].deadline_ms <= now_ms:
                del self._of[node]
                expired.append(node)
        return expired

    def postpone(self, by_ms: int) -> None:
        """Give every suspect this much more time: this node could not have heard it."""
        for suspicion in self._of.values():
            suspicion.since_ms += by_ms
        self._rebuild()

    def _push(self, node: NodeId) -> None:
        heapq.heappush(self._heap, (self._of[node].deadline_ms, node))
        if len(self._heap) > 2 * len(self._of) + SLACK:
            self._rebuild()

    def _rebuild(self) -> None:
        self._heap = [(suspicion.deadline_ms, node) for node, suspicion in self._of.items()]
        heapq.heapify(self._heap)
