"""One member of a replicated log as a machine: events and the time go in, a `Ready` comes out, much as in etcd's Raft.

The owner does what a `Ready` says in its order, and then calls `advance`; between the two nothing else may be called.
Nothing counts as being on the disk before that. Messages may be lost, doubled, reordered and delayed; they come from
authenticated nodes, and still are not trusted to make sense: what does not is counted in `rejected` and dropped.
Bounds are in `RaftConfig`, each with what happens there. Not here: clocks, disks, links, and what entries mean.
"""

from collections import Counter
from collections.abc import Mapping

from apps.cluster.core.ids import NO_NODE, NodeId, Random
from apps.cluster.core.raft.config import RaftConfig
from apps.cluster.core.raft.member import Member
from apps.cluster.core.raft.messages import (
    BUSY,
    NO_LEADER,
    TOO_LARGE,
    Change,
    Contact,
    Forward,
    Membership,
    ProposalRefused,
    RaftMessage,
    ReadRequest,
    Ready,
    Role,
    Snapshot,
    Stored,
)
from apps.cluster.core.raft.office import Office
from apps.cluster.core.raft.protocol import Protocol


class Raft:
    """One member. Raises ValueError when what was stored cannot be a log."""

    def __init__(self, config: RaftConfig, stored: Stored, rng: Random, now_ms: int) -> None:
        self._member = Member(config, stored, rng, now_ms)
        self._protocol = Protocol(self._member, now_ms)
        self._given: Ready | None = None

    @property
    def term(self) -> int:
        """The latest term this node has heard of."""
        return self._member.term

    @property
    def role(self) -> Role:
        """What this node is."""
        return self._member.role

    @property
    def leader(self) -> NodeId:
        """Who leads as far as this node knows."""
        return self._member.leader

    @property
    def commit(self) -> int:
        """Up to where this node knows the log to be decided."""
        return self._member.log.commit

    @property
    def applied(self) -> int:
        """Up to where a `Ready` gave entries that have been applied since."""
        return self._member.log.applied

    @property
    def last_index(self) -> int:
        """The last place of this node's log."""
        return self._member.log.last_index

    @property
    def membership(self) -> Membership:
        """Who belongs, by what this node has applied."""
        return self._member.membership

    @property
    def rejected(self) -> Counter[str]:
        """What came in and was not believed or not done, by reason."""
        return self._member.rejected

    @property
    def next_deadline_ms(self) -> int:
        """When `tick` is wanted next, by this node's clock."""
        return (self._office or self._protocol.election).next_deadline_ms

    @property
    def lease_until_ms(self) -> int:
        """Until when this node may serve, by its own clock, as far as its applied log allows; 0: it may not."""
        grant = self._member.lease.current(self._member.log.applied)
        return 0 if grant is None else grant.until_ms

    @property
    def lease_fence(self) -> int:
        """Which index the lease needs to be applied."""
        grant = self._member.lease.current(self._member.log.applied)
        return 0 if grant is None else grant.fence

    @property
    def leader_since_ms(self) -> int:
        """When this node became leader; 0 if it is none."""
        return 0 if self._office is None else self._office.since_ms

    @property
    def change_pending(self) -> bool:
        """Whether this leader has to wait before it may change the membership (again)."""
        return self._office is not None and self._office.change_pending

    @property
    def wants_compaction(self) -> bool:
        """Whether so much was applied since the last snapshot that the log should be compacted."""
        log, config = self._member.log, self._member.config
        entries = log.applied - log.snapshot.index
        return entries >= config.compact_entries or (entries > 0 and log.size_bytes >= config.compact_bytes)

    @property
    def has_ready(self) -> bool:
        """Whether `ready` may have something to give."""
        member, log = self._member, self._member.log
        return bool(
            member.outbox
            or member.reads
            or log.stable < log.last_index
            or log.applied < log.commit
            or log.installed is not None
            or self._must_save
            or (self._office is not None and self._office.replication.stirred)
        )

    def contacts(self) -> Mapping[NodeId, Contact]:
        """Return what a leader knows of the members, itself included; nothing for any other role."""
        return {} if self._office is None else self._office.contacts()

    def tick(self, now_ms: int) -> None:
        """Time has passed."""
        assert self._given is None, "advance first"
        self._protocol.tick(now_ms)

    def receive(self, sender: NodeId, message: RaftMessage, now_ms: int) -> None:
        """A message of an authenticated node has come. Never raises."""
        assert self._given is None, "advance first"
        self._protocol.receive(sender, message, now_ms)

    def propose(self, data: bytes, now_ms: int) -> None:
        """Append as leader, or hand on to the leader, where it may still get lost. Raises ProposalRefused."""
        if len(data) > self._member.config.max_entry_bytes:
            raise ProposalRefused(TOO_LARGE)
        if self._office is not None:
            self._office.propose(data, now_ms)
        else:
            self._hand_on(Forward(self.term, data))

    def read_index(self, context: int, now_ms: int) -> None:
        """Ask for an index to read at; comes in `Ready.reads`, or never when leaders change. Raises ProposalRefused."""
        if self._office is not None:
            self._office.read(self._member.node, context, now_ms)
        else:
            self._hand_on(ReadRequest(self.term, context))

    def change(self, change: Change, now_ms: int) -> None:
        """Change the membership by one step, as leader. Raises ProposalRefused."""
        self._in_office().change(change, now_ms)

    def transfer(self, to: NodeId, now_ms: int) -> None:
        """Hand the office over; until that is done or given up, proposals are refused. Raises ProposalRefused."""
        self._in_office().transfer(to, now_ms)

    def applied_to(self, index: int) -> None:
        """The application says that its state up to here is in force; reported to the leader."""
        assert index <= self._member.log.applied
        self._member.applied = max(self._member.applied, index)

    def compact(self, snapshot: Snapshot) -> None:
        """Take the application's state at an index it has applied; the log before it goes, but for a short tail."""
        self._member.log.compact(snapshot, self._member.config.keep_entries)

    def ready(self, now_ms: int) -> Ready | None:
        """Return what is to be done now, None: nothing. `advance` has to follow before anything else."""
        assert self._given is None, "advance first"
        if self._office is not None:
            self._office.replication.flush(now_ms)
        if not self.has_ready:
            return None
        member, log = self._member, self._member.log
        entries, snapshot = log.unstable, log.installed
        must_save = self._must_save or entries or snapshot is not None
        ready = Ready(
            hard_state=member.hard_state if must_save else None,
            snapshot=snapshot,
            entries=entries,
            messages=tuple(member.outbox),
            committed=log.committed(member.config.max_apply),
            reads=tuple(member.reads),
        )
        member.outbox.clear()
        member.reads.clear()
        member.forwarded = 0
        self._given = ready
        return ready

    def advance(self, now_ms: int) -> None:
        """Everything in the last `ready` is done: saved, sent, applied."""
        ready, member, log = self._given, self._member, self._member.log
        assert ready is not None, "nothing to advance over"
        self._given = None
        if ready.hard_state is not None:
            member.saved = ready.hard_state
        log.install_done()
        if ready.entries:
            log.stable_to(ready.entries[-1].index)
            if self._office is not None:
                self._office.persisted(now_ms)
        if ready.committed:
            self._apply(ready, now_ms)

    @property
    def _office(self) -> Office | None:
        return self._protocol.office

    @property
    def _must_save(self) -> bool:
        """A commit index alone is not worth a write: what it says is learned again from any majority."""
        member = self._member
        return (member.term, member.vote) != (member.saved.term, member.saved.vote)

    def _apply(self, ready: Ready, now_ms: int) -> None:
        member = self._member
        changed = False
        for entry in ready.committed:
            changed = member.apply(entry) or changed
        member.log.apply_to(ready.committed[-1].index)
        if changed and self._office is not None:
            self._office.membership_changed(now_ms)

    def _in_office(self) -> Office:
        if self._office is None:
            raise ProposalRefused(NO_LEADER)
        return self._office

    def _hand_on(self, message: Forward | ReadRequest) -> None:
        member = self._member
        if member.leader == NO_NODE:
            raise ProposalRefused(NO_LEADER)
        if member.forwarded >= member.config.max_forwarded:
            raise ProposalRefused(BUSY)
        member.forwarded += 1
        member.send(member.leader, message)
