"""What a member is and knows in every role; election, office and the machine around them work on one of these.

Not here: what follows from it. Invariants are asserted where something changes: a term never falls, a vote is given
once in a term.
"""

from collections import Counter

from apps.cluster.core.ids import NO_NODE, NodeId, Random
from apps.cluster.core.raft.config import RaftConfig
from apps.cluster.core.raft.lease import LeaseHolder
from apps.cluster.core.raft.log import RaftLog
from apps.cluster.core.raft.membership import changed, decode_change
from apps.cluster.core.raft.messages import Entry, EntryKind, HardState, Membership, RaftMessage, Role, Stored


class Member:
    """One node's place in the cluster."""

    def __init__(self, config: RaftConfig, stored: Stored, rng: Random, now_ms: int) -> None:
        self.config = config
        self.node = config.node
        self.rng = rng
        self.log = RaftLog(stored.snapshot, stored.entries, stored.hard_state.commit)
        self.term = max(stored.hard_state.term, self.log.last_term)
        self.vote = stored.hard_state.vote if self.term == stored.hard_state.term else NO_NODE
        self.saved = stored.hard_state
        self.role = Role.FOLLOWER
        self.leader: NodeId = NO_NODE
        self.membership: Membership = self.log.snapshot.membership
        self.lease = LeaseHolder(config.lease_ms)
        self.applied = 0
        """The index this node reports: what its application says is in force."""
        self.rejected: Counter[str] = Counter()
        """What came in and was not believed or not done, by reason."""
        self.outbox: list[tuple[NodeId, RaftMessage]] = []
        self.reads: list[tuple[int, int]] = []
        self.forwarded = 0
        """Proposals and reads handed on since the last `ready`."""
        self.entry_ms = now_ms
        """When the last entry of the log came, on this node's clock."""
        self.heard_ms = now_ms
        """When this node last heard from a leader, whatever became of that one; a start counts as hearing."""
        if self._is_alone:
            self.heard_ms = now_ms - config.election_ms

    @property
    def is_voter(self) -> bool:
        """Whether this node decides with others."""
        return self.node in self.membership.voters

    @property
    def may_stand(self) -> bool:
        """Whether this node may try to lead: as a voter who has applied every change it knows to be decided."""
        return self.is_voter and not self.log.has_change(self.log.applied + 1, self.log.commit)

    @property
    def hard_state(self) -> HardState:
        """What must not be forgotten."""
        return HardState(self.term, self.vote, self.log.commit)

    def withholds(self, now_ms: int) -> bool:
        """Whether a leader was heard so lately that no vote is given (thesis §4.2.3): leases of its term may run."""
        return now_ms - self.heard_ms < self.config.election_ms

    def send(self, to: NodeId, message: RaftMessage) -> None:
        """Let a message go out with the next `ready`."""
        self.outbox.append((to, message))

    def reject(self, reason: str) -> None:
        """Count what is not believed or not done."""
        self.rejected[reason] += 1

    def enter_term(self, term: int) -> None:
        """Go to a later term, in which this node has given no vote."""
        assert term > self.term, "a term never falls"
        self.term, self.vote = term, NO_NODE

    def give_vote(self, node: NodeId) -> None:
        """Vote, in this term once."""
        assert self.vote in {NO_NODE, node}, "one vote in a term"
        self.vote = node

    def learn_commit(self, index: int, term: int) -> None:
        """Somebody knows this entry to be decided; if this log has it, it is decided here as well."""
        if index > self.log.commit and self.log.term_at(index) == term:
            self.log.commit_to(index)

    def apply(self, entry: Entry) -> bool:
        """Apply what the log itself has to know. Returns whether the membership is another one now."""
        if entry.kind is not EntryKind.CHANGE:
            return False
        change = decode_change(entry.data)
        before = self.membership
        if change is not None:
            self.membership = changed(before, change)
        return self.membership != before

    @property
    def _is_alone(self) -> bool:
        """Nobody else can have a lease or a vote: the only voter without learners, and no change since."""
        log = self.log
        alone = self.membership == Membership((self.node,), ())
        return alone and not log.has_change(log.first_index, log.last_index)
