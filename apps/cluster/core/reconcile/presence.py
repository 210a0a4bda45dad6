"""For how long each node has been heard without a gap, or been down. The memory of one leadership.

A leader trusts its own contacts for what concerns slots, since those depend on leases it grants, and gossip for what
happened before it was elected. Not here: what follows from it.
"""

from apps.cluster.core.gossip import LIVING, Status
from apps.cluster.core.ids import NodeId
from apps.cluster.core.reconcile.config import ReconcileConfig
from apps.cluster.core.reconcile.evidence import Evidence


class Presence:
    """`observe` first, then ask; all answers are about the moment last observed."""

    def __init__(self, config: ReconcileConfig) -> None:
        self._config = config
        self._heard_since: dict[NodeId, int] = {}
        self._down_since: dict[NodeId, int] = {}
        self._known: frozenset[NodeId] = frozenset()

    def observe(self, evidence: Evidence, members: frozenset[NodeId]) -> None:
        """Take a look at everything, and note what began or ended for the members."""
        self._evidence = evidence
        for node in sorted(members):
            self._note_hearing(node)
            self._note_downtime(node)
        for node in sorted(self._known - members):
            self._heard_since.pop(node, None)
            self._down_since.pop(node, None)
        self._known = members

    def silence_ms(self, node: NodeId) -> int:
        """How long a node has not answered, since the election if it never has in this leadership."""
        evidence = self._evidence
        if node == evidence.node:
            return 0
        contact = evidence.contacts.get(node)
        last_ms = None if contact is None else contact.acked_ms
        return evidence.now_ms - (evidence.leader_since_ms if last_ms is None else last_ms)

    def heard(self, node: NodeId) -> bool:
        """Whether it answers now."""
        return self._acked(node) and self.silence_ms(node) <= self._config.quiet_ms

    def lost(self, node: NodeId) -> bool:
        """Whether it has been silent for so long that others should serve its slots."""
        grace_ms = self._config.slot_grace_ms if self._acked(node) else self._config.slot_grace_new_ms
        return self.silence_ms(node) >= grace_ms

    def stable(self, node: NodeId) -> bool:
        """Whether it answers now, and has for long without a gap."""
        since_ms = self._heard_since.get(node)
        return self.heard(node) and since_ms is not None and self._now_ms - since_ms >= self._config.stable_ms

    def down_ms(self, node: NodeId) -> int:
        """For how long both the log and gossip have been without it; 0: not at all."""
        since_ms = self._down_since.get(node)
        return 0 if since_ms is None else self._now_ms - since_ms

    def departed(self, node: NodeId) -> bool:
        """Whether it is away because it said goodbye."""
        peer = self._evidence.peers.get(node)
        return peer is not None and peer.status is Status.LEFT

    @property
    def _now_ms(self) -> int:
        return self._evidence.now_ms

    def _acked(self, node: NodeId) -> bool:
        contact = self._evidence.contacts.get(node)
        return node == self._evidence.node or (contact is not None and contact.acked_ms is not None)

    def _note_hearing(self, node: NodeId) -> None:
        """A gap is silence for which slots would be taken. Before this leadership, gossip's word counts."""
        first = node not in self._known
        if self.lost(node):
            self._heard_since.pop(node, None)
        elif node not in self._heard_since and (first or self._acked(node)):
            peer = self._evidence.peers.get(node)
            living_ms = peer.since_ms if first and peer is not None and peer.status is Status.ALIVE else self._now_ms
            self._heard_since[node] = min(living_ms, self._now_ms)

    def _note_downtime(self, node: NodeId) -> None:
        peer = self._evidence.peers.get(node)
        if not self.lost(node) or (peer is not None and peer.status in LIVING):
            self._down_since.pop(node, None)
        elif node not in self._down_since:
            self._down_since[node] = self._now_ms if peer is None else min(peer.since_ms, self._now_ms)
