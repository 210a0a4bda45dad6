"""The next step of the log's membership: who learns, who votes, who goes (ADR 8, "Membership").

Replacing comes before removing, no step leaves a majority that is not alive, and nobody's death makes the cluster
smaller than three voters (Consul #5922 and #8118: cleaning up after the dead must not cost the quorum).
Not here: what the log itself checks (one change at a time), and records of members.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.cluster.core.gossip import NO_VOTE, Status
from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import Change, ChangeKind
from apps.cluster.core.reconcile.config import ReconcileConfig
from apps.cluster.core.reconcile.evidence import Evidence
from apps.cluster.core.reconcile.presence import Presence
from apps.cluster.core.state import ClusterState

SMALLEST_SAFE = 3
"""The fewest voters that survive the loss of one; deaths alone never bring a cluster below them."""


def voters_for(members: int, most: int) -> int:
    """Return how many of so many members that may vote should: 1 of 1 and 2, 3 of 3 and 4, 5 of 5 and more."""
    return max(1, min(most, members - (members + 1) % 2))


@dataclass(frozen=True, slots=True)
class Electorate:
    """One look at who votes and who should."""

    state: ClusterState
    evidence: Evidence
    presence: Presence
    config: ReconcileConfig

    def next_change(self) -> Change | None:
        """Return the one step to make now."""
        if self.evidence.change_pending:
            return None
        return self._remove() or self._demote() or self._promote() or self._add()

    @property
    def target(self) -> int:
        """How many voters there should be, of the members that may vote. The long dead do not count, but deaths alone
        lead to no fewer than 3."""
        members = [node for node in self._everybody() if not self._going(node) and self._may_vote(node)]
        counted = [node for node in members if not self.forgotten(node)]
        return voters_for(max(len(counted), min(len(members), SMALLEST_SAFE)), self.config.max_voters)

    def forgotten(self, node: NodeId) -> bool:
        """Whether a node has been dead for so long that it should not be remembered; those who said goodbye are."""
        return self.presence.down_ms(node) >= self.config.forget_ms and not self.presence.departed(node)

    def successor(self) -> NodeId | None:
        """Return the voter that should have the office if this node should not.

        One that is to have no slots can lead all the same, where a leader that goes for good could not go without it.
        """
        willing = [node for node in self._voters if node != self._leader and self._fit(node)]
        if not willing and self._going(self._leader):
            willing = [node for node in self._voters if not self._going(node) and self.presence.heard(node)]
        return max(willing, key=lambda node: (self._match(node), -node), default=None)

    @property
    def _leader(self) -> NodeId:
        return self.evidence.node

    @property
    def _voters(self) -> tuple[NodeId, ...]:
        return self.evidence.membership.voters

    def _everybody(self) -> list[NodeId]:
        return sorted({*self.state.members, *self.evidence.membership.members})

    def _going(self, node: NodeId) -> bool:
        record = self.state.members.get(node)
        return record.retiring if record is not None else node in self.state.removals

    def _fit(self, node: NodeId) -> bool:
        record = self.state.members.get(node)
        return record is not None and not record.retiring and not record.draining and self.presence.heard(node)

    def _may_vote(self, node: NodeId) -> bool:
        """Whether it votes already, or has not asked to be left without a vote."""
        peer = self.evidence.peers.get(node)
        return node in self._voters or peer is None or NO_VOTE not in peer.meta.roles

    def _failing(self, voter: NodeId) -> bool:
        """Whether somebody else should have its vote."""
        return self._going(voter) or self.presence.down_ms(voter) >= self.config.replace_ms

    @property
    def _sound(self) -> list[NodeId]:
        return [node for node in self._voters if not self._failing(node)]

    def _match(self, node: NodeId) -> int:
        contact = self.evidence.contacts.get(node)
        return 0 if contact is None else contact.match

    def _age(self, node: NodeId) -> tuple[int, NodeId]:
        """Sort the members that were taken in first before the others."""
        record = self.state.members.get(node)
        return (0 if record is None else record.joined_ms, node)

    def _living_majority(self, voters: Iterable[NodeId]) -> bool:
        alive = [self.presence.heard(node) for node in voters]
        return sum(alive) > len(alive) // 2

    def _remove(self) -> Change | None:
        """Take learners out that were removed for good, or are forgotten."""
        for node in self.evidence.membership.learners:
            removal = self.state.removal_of(node)
            contact = self.evidence.contacts.get(node)
            if removal is not None:
                told = contact is not None and contact.applied >= removal.index
                gone = told or self.presence.lost(node)
            else:
                gone = self.forgotten(node) and node not in self.state.table.holders
            if gone:
                return Change(ChangeKind.REMOVE, node)
        return None

    def _demote(self) -> Change | None:
        """Take a vote that is too many: from those who go, then from the silent, then from the newest.

        From none that is sound if it would have to be given back: then the leader is the one to go, and resigns first.
        """
        if len(self._voters) <= self.target:
            return None
        spare = len(self._sound) > self.target
        others = [node for node in self._voters if node != self._leader and (spare or self._failing(node))]
        for node in sorted(others, key=self._dispensable, reverse=True):
            if self._living_majority(voter for voter in self._voters if voter != node):
                return Change(ChangeKind.DEMOTE, node)
        return None

    def _dispensable(self, voter: NodeId) -> tuple[bool, bool, bool, tuple[int, NodeId]]:
        return (self._going(voter), self._failing(voter), not self.presence.heard(voter), self._age(voter))

    def _promote(self) -> Change | None:
        """Give a vote to the oldest stable learner where one is missing, first of those that do not drain.

        Not to a single one if that only makes the number of voters even: that many survive no more failures.
        """
        sound = self._sound
        if len(sound) >= self.target:
            return None
        candidates = [node for node in self.evidence.membership.learners if self._promotable(node)]
        useful = len(sound) < len(self._voters) or len(self._voters) % 2 == 0 or len(candidates) > 1
        if not candidates or not useful:
            return None
        node = min(candidates, key=lambda node: (self.state.members[node].draining, self._age(node)))
        return Change(ChangeKind.PROMOTE, node) if self._living_majority((*self._voters, node)) else None

    def _promotable(self, node: NodeId) -> bool:
        """Whether it can have a vote; also one that asked for none, if a leader that goes has nobody else to follow."""
        behind = self._match(self._leader) - self._match(node)
        willing = node in self.state.members and not self._going(node) and (self._may_vote(node) or not self._sound)
        return willing and self.presence.stable(node) and behind <= self.config.promote_lag

    def _add(self) -> Change | None:
        """Let the oldest member that is not yet in the log's membership learn."""
        strangers = sorted(self.state.members.keys() - self.evidence.membership.members)
        waiting = [node for node in strangers if self._waits_to_learn(node)]
        return Change(ChangeKind.ADD_LEARNER, min(waiting, key=self._age)) if waiting else None

    def _waits_to_learn(self, node: NodeId) -> bool:
        peer = self.evidence.peers.get(node)
        alive = peer is not None and peer.status is Status.ALIVE
        return alive and not self._going(node)
