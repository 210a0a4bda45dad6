"""Which rule a message falls under, by its term, its sender and this node's role; and the changes of role.

Rules for every message (Raft §5.1): a later term is entered first, an earlier one is answered with the own, so that
whoever was left behind learns it. Two exceptions keep a living leader undisturbed (thesis §4.2.3, §9.6): a vote asked
for while a leader was heard lately is not even considered, and a pre-vote changes no term. Not here: what is done then.
"""

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.raft.election import Election
from apps.cluster.core.raft.follower import Follower
from apps.cluster.core.raft.member import Member
from apps.cluster.core.raft.messages import (
    Append,
    AppendReply,
    Forward,
    Heartbeat,
    HeartbeatReply,
    InstallSnapshot,
    LeaderMessage,
    ProposalRefused,
    RaftMessage,
    ReadReply,
    ReadRequest,
    Role,
    VoteReply,
    VoteRequest,
)
from apps.cluster.core.raft.office import Office

Anybody = VoteRequest | Append | Heartbeat | InstallSnapshot
"""What is heard from a node that is no member as far as this one knows: this one may be behind."""
ToLeader = AppendReply | HeartbeatReply | Forward | ReadRequest
"""What only a leader can do something with."""


class Protocol:
    """One member, with its candidacy or its office."""

    def __init__(self, member: Member, now_ms: int) -> None:
        self.office: Office | None = None
        self.election = Election(member, now_ms)
        self._member = member
        self._follower = Follower(member)

    def tick(self, now_ms: int) -> None:
        """Time has passed."""
        if self.office is not None:
            if not self.office.tick(now_ms):
                self.step_down(now_ms)
        elif self.election.tick(now_ms):
            self._lead(now_ms)

    def receive(self, sender: NodeId, message: RaftMessage, now_ms: int) -> None:
        """A message has come."""
        member = self._member
        stranger = sender not in member.membership.members and sender != member.leader
        if sender == member.node or (stranger and not isinstance(message, Anybody)):
            member.reject("stranger")
            return
        if isinstance(message, VoteReply) and self.office is None:  # A leader counts for itself what is decided.
            member.learn_commit(message.commit, message.commit_term)
        if message.term < member.term:
            self._answer_stale(sender, message)
        elif isinstance(message, VoteRequest) and not message.force and member.withholds(now_ms):
            member.reject("withheld")
        else:
            if message.term > member.term and not is_for_later(message):
                self._enter_term(message.term, now_ms)
            self._handle(sender, message, now_ms)

    def step_down(self, now_ms: int) -> None:
        """Lead no longer, in the same term."""
        self.office = None
        self.election.retire(now_ms)

    def _lead(self, now_ms: int) -> None:
        member = self._member
        member.role, member.leader = Role.LEADER, member.node
        self.office = Office(member, now_ms, forced=self.election.forced)

    def _enter_term(self, term: int, now_ms: int) -> None:
        member = self._member
        member.enter_term(term)
        member.leader = NO_NODE
        if member.role is not Role.FOLLOWER:
            self.step_down(now_ms)

    def _answer_stale(self, sender: NodeId, message: RaftMessage) -> None:
        member = self._member
        member.reject("stale")
        if isinstance(message, LeaderMessage):
            member.send(sender, AppendReply(member.term, 0, True, 0, 0))
        elif isinstance(message, VoteRequest):
            self.election.answer(sender, message, member.term, granted=False)

    def _handle(self, sender: NodeId, message: RaftMessage, now_ms: int) -> None:
        member = self._member
        if isinstance(message, LeaderMessage):
            self._follow(sender, message, now_ms)
        elif isinstance(message, ToLeader):
            self._govern(sender, message, now_ms)
        elif isinstance(message, VoteRequest):
            self.election.on_request(sender, message, now_ms)
        elif isinstance(message, VoteReply):
            if self.election.on_reply(sender, message, now_ms):
                self._lead(now_ms)
        elif sender != member.leader:
            member.reject("not_the_leader")
        elif isinstance(message, ReadReply):
            member.reads.append((message.context, message.index))
        else:
            self._take_over(now_ms)

    def _follow(self, sender: NodeId, message: LeaderMessage, now_ms: int) -> None:
        member = self._member
        if member.leader not in {NO_NODE, sender}:
            member.reject("second_leader")
            return
        member.role, member.leader = Role.FOLLOWER, sender
        member.heard_ms = now_ms
        self.election.wait(now_ms)
        match message:
            case Append():
                self._follower.append(sender, message, now_ms)
            case Heartbeat():
                self._follower.heartbeat(sender, message, now_ms)
            case _:
                self._follower.install(sender, message, now_ms)

    def _govern(self, sender: NodeId, message: ToLeader, now_ms: int) -> None:
        office = self.office
        if office is None:
            self._member.reject("not_leading")
            return
        match message:
            case AppendReply():
                office.on_append_reply(sender, message, now_ms)
            case HeartbeatReply():
                office.on_heartbeat_reply(sender, message, now_ms)
            case _:
                try:
                    self._serve(office, sender, message, now_ms)
                except ProposalRefused as refused:
                    self._member.reject(f"forwarded_{refused.reason}")

    def _serve(self, office: Office, sender: NodeId, message: Forward | ReadRequest, now_ms: int) -> None:
        if isinstance(message, ReadRequest):
            office.read(sender, message.context, now_ms)
        else:
            office.propose(message.data, now_ms)

    def _take_over(self, now_ms: int) -> None:
        if not self._member.may_stand:
            self._member.reject("cannot_stand")
        elif self.election.stand(now_ms, forced=True):
            self._lead(now_ms)


def is_for_later(message: RaftMessage) -> bool:
    """Whether the message speaks of a term that nobody has begun yet: a pre-vote, asked for or given."""
    return (isinstance(message, VoteRequest) and message.pre) or (
        isinstance(message, VoteReply) and message.pre and message.granted
    )
