"""How a leader brings its log to the others, and learns what is decided (Raft §5.3, §5.4.2).

Appends are written when a `ready` is taken, so that everything proposed before goes in one. Not here: heartbeats, and
what may be proposed.
"""

from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft.member import Member
from apps.cluster.core.raft.membership import reached
from apps.cluster.core.raft.messages import Append, AppendReply, InstallSnapshot
from apps.cluster.core.raft.progress import Progress


class Replication:
    """The others' logs, in one term of this leader."""

    def __init__(self, member: Member) -> None:
        self.first_own = member.log.last_index + 1
        """Where this leader's term begins in the log. Nothing is decided by counting before this is (Figure 8)."""
        self.stirred = True
        """There may be something to send."""
        self.progress: dict[NodeId, Progress] = {}
        self._member = member
        self.adopt_membership()

    @property
    def settled(self) -> bool:
        """Whether this leader knows what its predecessors have decided: an entry of its own term is."""
        return self._member.log.commit >= self.first_own

    def adopt_membership(self) -> None:
        """Take in new members, and forget who is none any more."""
        member = self._member
        others = [node for node in member.membership.members if node != member.node]
        known, following = self.progress, member.log.last_index + 1
        self.progress = {node: known.get(node) or Progress(member.config, following) for node in others}
        self.stirred = True

    def flush(self, now_ms: int) -> None:
        """Write what the others need and may get now."""
        if not self.stirred:
            return
        self.stirred = False
        log = self._member.log
        for node, progress in self.progress.items():
            while progress.wants(log.last_index, log.commit):
                self._send(node, progress, now_ms)

    def on_reply(self, sender: NodeId, reply: AppendReply) -> bool:
        """A member says how far its log is this one's. Returns whether more is decided now."""
        member, progress = self._member, self.progress[sender]
        if max(reply.index, reply.hint_index) > member.log.last_index and not reply.rejected:
            member.reject("beyond_log")
            return False
        if reply.rejected:
            hint = reply.hint_index
            if reply.hint_term > 0:
                hint = member.log.last_not_above(hint, reply.hint_term)[0]
            self.stirred = progress.refused(reply.index, hint) or self.stirred
            return False
        news = progress.accepted(reply.index)
        self.stirred = True
        return news and self.decide()

    def decide(self) -> bool:
        """Commit what a majority has on its disks, counting only entries of this term. Returns whether that is news."""
        member, log = self._member, self._member.log
        index = reached(self.match_of(voter) for voter in member.membership.voters)
        if index <= log.commit or index < self.first_own:
            return False
        log.commit_to(index)
        self.stirred = True
        return True

    def match_of(self, node: NodeId) -> int:
        """Return up to where that member's disk is known to hold this log."""
        return self._member.log.stable if node == self._member.node else self.progress[node].match

    def _send(self, node: NodeId, progress: Progress, now_ms: int) -> None:
        member, log = self._member, self._member.log
        prev_term = log.term_at(progress.next - 1)
        if prev_term is None:
            member.send(node, InstallSnapshot(member.term, log.snapshot))
            progress.sent_snapshot(log.snapshot.index, now_ms)
            return
        first, last = progress.next, log.last_index
        entries = log.take(first, last, member.config.max_append_bytes) if first <= last else ()
        member.send(node, Append(member.term, first - 1, prev_term, entries, log.commit))
        progress.sent(first - 1 + len(entries), sum(len(entry.data) for entry in entries), log.commit)
