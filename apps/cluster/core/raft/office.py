"""What a leader does beside replicating: rounds of heartbeats, leases, reads, proposals, changes, handing over.

Made when an election is won and dropped when the office is lost, with everything that waited in it: whoever asked for a
read asks the next leader. Not here: how an office is won, and how it is lost to a later term.
"""

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.raft.lease import LeaseGiver
from apps.cluster.core.raft.member import Member
from apps.cluster.core.raft.membership import encode_change, fits, reached
from apps.cluster.core.raft.messages import (
    BUSY,
    CHANGE_PENDING,
    IMPOSSIBLE,
    LAGGING,
    TRANSFERRING,
    AppendReply,
    Change,
    ChangeKind,
    Contact,
    Entry,
    EntryKind,
    Heartbeat,
    HeartbeatReply,
    ProposalRefused,
    ReadReply,
    TimeoutNow,
)
from apps.cluster.core.raft.reads import ReadQueue
from apps.cluster.core.raft.replication import Replication

READ_ROUNDS = 16
"""Rounds for reads per heartbeat time, at most; reads that come faster share one."""
FIRST_ROUNDS = 3
"""A leader's first rounds follow each other without waiting: the third brings everybody its first lease."""


class Office:
    """One leader in one term."""

    def __init__(self, member: Member, now_ms: int, *, forced: bool) -> None:
        self.since_ms = now_ms
        self.replication = Replication(member)
        self._member = member
        self._leases = LeaseGiver(member.config.lease_wait_ms, now_ms, forced=forced)
        self._reads = ReadQueue(member.config.max_reads)
        self._beat_ms = now_ms
        self._change_index = member.log.last_index
        self._transfer_to: NodeId = NO_NODE
        self._transfer_deadline_ms = 0
        self._clock_ms = member.log.last_time_ms - member.entry_ms
        self._undecided_bytes = sum(len(e.data) for e in member.log.between(member.log.commit, member.log.last_index))
        self._counted = member.log.commit
        self._append(EntryKind.NORMAL, b"", now_ms)
        self._begin_round(now_ms)

    @property
    def next_deadline_ms(self) -> int:
        """When `tick` is wanted next."""
        return min(self._beat_ms, self._read_ms) if self._wants_read_round else self._beat_ms

    @property
    def change_pending(self) -> bool:
        """Whether a change of the membership may be in the log that is not applied yet."""
        return self._change_index > self._member.log.applied

    def tick(self, now_ms: int) -> bool:
        """Speak to everybody if it is time to. Returns False if no majority answers any more (thesis §6.2)."""
        if self._transfer_to != NO_NODE and now_ms >= self._transfer_deadline_ms:
            self._transfer_to = NO_NODE
            self._leave_if_removed(now_ms)
        if now_ms >= self._beat_ms:
            if not self._has_majority(now_ms):
                return False
            self._begin_round(now_ms)
        else:
            self._serve_reads(now_ms)
        return True

    def propose(self, data: bytes, now_ms: int) -> None:
        """Append a proposal. Raises ProposalRefused."""
        if self._transfer_to != NO_NODE:
            raise ProposalRefused(TRANSFERRING)
        if self._undecided_bytes and self._undecided_bytes + len(data) > self._member.config.max_uncommitted_bytes:
            raise ProposalRefused(BUSY)
        self._append(EntryKind.NORMAL, data, now_ms)

    def change(self, change: Change, now_ms: int) -> None:
        """Append a change of the membership. Raises ProposalRefused."""
        member = self._member
        if self._transfer_to != NO_NODE:
            raise ProposalRefused(TRANSFERRING)
        if self.change_pending or not self.replication.settled:
            raise ProposalRefused(CHANGE_PENDING)
        if not fits(member.membership, change):
            raise ProposalRefused(IMPOSSIBLE)
        if change.kind is ChangeKind.PROMOTE:
            lag = member.log.last_index - self.replication.match_of(change.node)
            if lag > member.config.max_promote_lag:
                raise ProposalRefused(LAGGING)
        self._append(EntryKind.CHANGE, encode_change(change), now_ms)
        self._change_index = member.log.last_index

    def transfer(self, to: NodeId, now_ms: int) -> None:
        """Hand over to a voter once its log is complete; given up after `election_ms`. Raises ProposalRefused."""
        member = self._member
        if self._transfer_to != NO_NODE:
            raise ProposalRefused(TRANSFERRING)
        if to == member.node or to not in member.membership.voters:
            raise ProposalRefused(IMPOSSIBLE)
        self._begin_transfer(to, now_ms)

    def read(self, asker: NodeId, context: int, now_ms: int) -> None:
        """Take a read. Raises ProposalRefused."""
        if self._reads.full:
            raise ProposalRefused(BUSY)
        self._reads.add(asker, context)
        self._serve_reads(now_ms)

    def on_append_reply(self, sender: NodeId, reply: AppendReply, now_ms: int) -> None:
        """A member says how far its log is."""
        self.replication.progress[sender].acked_ms = now_ms
        if self.replication.on_reply(sender, reply):
            self._decided(now_ms)
        self._hand_over(sender)

    def on_heartbeat_reply(self, sender: NodeId, reply: HeartbeatReply, now_ms: int) -> None:
        """A member lives."""
        progress = self.replication.progress[sender]
        progress.acked_ms = now_ms
        progress.applied = reply.applied
        progress.beat(self._member.log.last_index, now_ms)
        self.replication.stirred = True
        if self._leases.answered(sender, reply.round, now_ms):
            self._prove(now_ms)
        self._hand_over(sender)

    def persisted(self, now_ms: int) -> None:
        """More of this leader's own log is on its disk."""
        if self.replication.decide():
            self._decided(now_ms)

    def membership_changed(self, now_ms: int) -> None:
        """The membership is another one: tell those who leave a last time, then go by the new one.

        A leader that is no voter any more goes on, counting only the others (thesis §4.2.2), until one has taken over.
        """
        self.replication.stirred = True
        self.replication.flush(now_ms)
        self.replication.adopt_membership()
        if self._transfer_to not in self._member.membership.voters:
            self._transfer_to = NO_NODE
        self._leave_if_removed(now_ms)
        self.persisted(now_ms)

    def contacts(self) -> dict[NodeId, Contact]:
        """Return what is known of every member, this one included."""
        member, leases = self._member, self._leases
        found = {
            node: Contact(progress.acked_ms, progress.match, progress.applied, leases.bound_ms(node))
            for node, progress in self.replication.progress.items()
        }
        if member.node in member.membership.members:
            own = leases.bound_ms(member.node)
            found[member.node] = Contact(leases.begun_ms, member.log.stable, member.applied, own)
        return found

    @property
    def _read_ms(self) -> int:
        return self._leases.begun_ms + self._member.config.heartbeat_ms // READ_ROUNDS

    @property
    def _wants_read_round(self) -> bool:
        return self._reads.wants_round and self.replication.settled

    def _append(self, kind: EntryKind, data: bytes, now_ms: int) -> None:
        member, log = self._member, self._member.log
        time_ms = max(log.last_time_ms, self._clock_ms + now_ms)
        log.append(Entry(log.last_index + 1, member.term, kind, time_ms, data))
        member.entry_ms = now_ms
        self._undecided_bytes += len(data)
        self.replication.stirred = True

    def _decided(self, now_ms: int) -> None:
        log = self._member.log
        self._undecided_bytes -= sum(len(entry.data) for entry in log.between(self._counted, log.commit))
        self._counted = log.commit
        self._serve_reads(now_ms)

    def _has_majority(self, now_ms: int) -> bool:
        heard = reached(self._heard_ms(voter, now_ms) for voter in self._member.membership.voters)
        return now_ms - heard < self._member.config.election_ms

    def _heard_ms(self, voter: NodeId, now_ms: int) -> int:
        if voter == self._member.node:
            return now_ms
        acked_ms = self.replication.progress[voter].acked_ms
        return self.since_ms if acked_ms is None else acked_ms

    def _begin_round(self, now_ms: int) -> None:
        """Speak to everybody. The leader answers itself; by that it may not vote for another, either."""
        member, leases, log = self._member, self._leases, self._member.log
        number = leases.begin(member.node, now_ms)
        self._beat_ms = now_ms + member.config.heartbeat_ms
        member.heard_ms = now_ms
        member.lease.answer(member.term, number, now_ms)
        if self.replication.settled:
            self._reads.began(number, log.commit)
        for node, progress in self.replication.progress.items():
            commit = min(progress.match, log.commit)
            member.send(node, Heartbeat(member.term, number, leases.granted_to(node), log.last_index, commit))
        self._prove(now_ms)

    def _prove(self, now_ms: int) -> None:
        """Grant leases and answer reads by the newest round that a majority has answered."""
        member = self._member
        number = reached(self._leases.answer_of(voter) for voter in member.membership.voters)
        self._leases.prove(number, member.membership.members)
        member.lease.grant(member.term, self._leases.granted_to(member.node), member.log.last_index)
        index, reads = self._reads.proved(number)
        for read in reads:
            if read.asker == member.node:
                member.reads.append((read.context, index))
            else:
                member.send(read.asker, ReadReply(member.term, read.context, index))
        if number == self._leases.number < FIRST_ROUNDS:
            self._begin_round(now_ms)
        elif reads:
            self._serve_reads(now_ms)

    def _serve_reads(self, now_ms: int) -> None:
        if self._wants_read_round and now_ms >= self._read_ms:
            self._begin_round(now_ms)

    def _hand_over(self, to: NodeId) -> None:
        if to == self._transfer_to and self.replication.match_of(to) == self._member.log.last_index:
            self._member.send(to, TimeoutNow(self._member.term))

    def _begin_transfer(self, to: NodeId, now_ms: int) -> None:
        self._transfer_to = to
        self._transfer_deadline_ms = now_ms + self._member.config.election_ms
        self._hand_over(to)

    def _leave_if_removed(self, now_ms: int) -> None:
        """No voter any more: the one that was heard last is to go on, as soon as it has the whole log."""
        member = self._member
        if not member.is_voter:
            best = max(member.membership.voters, key=lambda voter: (self._heard_ms(voter, now_ms), -voter))
            self._begin_transfer(best, now_ms)
