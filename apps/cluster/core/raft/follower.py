"""What a member does with what its leader says (Raft §5.3, §7). That it is the leader's has been checked before.

Not here: elections. Nothing that is decided is ever taken back, whatever comes in.
"""

from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft.member import Member
from apps.cluster.core.raft.messages import Append, AppendReply, Heartbeat, HeartbeatReply, InstallSnapshot


class Follower:
    """A member that follows."""

    def __init__(self, member: Member) -> None:
        self._member = member

    def append(self, leader: NodeId, message: Append, now_ms: int) -> None:
        """Take entries if the logs agree before them, else say where they might."""
        member, log = self._member, self._member.log
        if not is_well_formed(message):
            member.reject("malformed")
            return
        if message.prev_index < log.commit:
            self._reply(leader, log.commit)
            return
        if log.term_at(message.prev_index) != message.prev_term:
            hint_index, hint_term = log.last_not_above(message.prev_index, message.prev_term)
            member.send(leader, AppendReply(member.term, message.prev_index, True, hint_index, hint_term))
            return
        last = message.prev_index + len(message.entries)
        if log.accept(message.entries):
            member.entry_ms = now_ms
        log.commit_to(min(message.commit, last))
        self._reply(leader, last)

    def heartbeat(self, leader: NodeId, message: Heartbeat, now_ms: int) -> None:
        """Answer; the leader sent a commit index that this log is known to reach."""
        member, log = self._member, self._member.log
        if message.commit > log.last_index:
            member.reject("commit_beyond_log")
        else:
            log.commit_to(message.commit)
        member.lease.grant(member.term, message.granted, message.fence)
        member.lease.answer(member.term, message.round, now_ms)
        member.send(leader, HeartbeatReply(member.term, message.round, member.applied))

    def install(self, leader: NodeId, message: InstallSnapshot, now_ms: int) -> None:
        """Take a snapshot, unless this log is as far: then it is kept."""
        member, log, snapshot = self._member, self._member.log, message.snapshot
        if snapshot.index <= log.commit:
            self._reply(leader, log.commit)
            return
        if log.term_at(snapshot.index) == snapshot.term:
            log.commit_to(snapshot.index)
        else:
            log.install(snapshot)
            member.membership = snapshot.membership
            member.entry_ms = now_ms
        self._reply(leader, snapshot.index)

    def _reply(self, leader: NodeId, index: int) -> None:
        self._member.send(leader, AppendReply(self._member.term, index, False, 0, 0))


def is_well_formed(message: Append) -> bool:
    """Whether the entries follow each other, and none is of a later term than its leader."""
    index, term = message.prev_index, message.prev_term
    for entry in message.entries:
        index += 1
        if entry.index != index or not term <= entry.term <= message.term:
            return False
        term = entry.term
    return True
