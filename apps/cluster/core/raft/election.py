"""How a leader is found: pre-vote, vote, and when to try (Raft §5.2, §5.4.1; thesis §4.2.3, §9.6).

A node that has not heard from a leader for a random time asks whether it would be elected; only with a majority of such
pre-votes does it begin a term. So a node that was cut off disturbs nobody when it comes back, nor does one that was
removed. A question that stays unanswered is asked again with each heartbeat time: it may have been lost, or have come
while a voter still withheld. Not here: what a leader does.
"""

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.raft.member import Member
from apps.cluster.core.raft.membership import quorum
from apps.cluster.core.raft.messages import Role, VoteReply, VoteRequest


class Election:
    """A member as voter and as candidate. Methods return True when this node is to lead now."""

    def __init__(self, member: Member, now_ms: int) -> None:
        self.forced = False
        """The candidacy was ordered by the leader: voters did not wait until its leases had run out."""
        self._member = member
        self._votes: dict[NodeId, bool] = {}
        self._deadline_ms = 0
        self._ask_ms = 0
        self.wait(now_ms)
        if not member.withholds(now_ms):
            self._deadline_ms = now_ms

    @property
    def next_deadline_ms(self) -> int:
        """When `tick` is wanted next."""
        if self._member.role is Role.FOLLOWER:
            return self._deadline_ms
        return min(self._deadline_ms, self._ask_ms)

    def wait(self, now_ms: int) -> None:
        """Wait a random time for a leader: it was heard, or somebody was voted for."""
        election_ms = self._member.config.election_ms
        self._wait_until(now_ms + election_ms + int(self._member.rng.random() * election_ms))

    def tick(self, now_ms: int) -> bool:
        """Stand for election, or ask again, if it is time to."""
        if now_ms >= self._deadline_ms:
            if self._member.may_stand:
                return self._ask_before(now_ms)
            self.retire(now_ms)
        elif self._member.role is not Role.FOLLOWER and now_ms >= self._ask_ms:
            self._ask(now_ms)
        return False

    def stand(self, now_ms: int, *, forced: bool) -> bool:
        """Begin a term and ask for votes; the own one is given first, and on the disk before anybody is asked."""
        member = self._member
        assert member.may_stand
        member.enter_term(member.term + 1)
        member.give_vote(member.node)
        self.forced = forced
        return self._begin(Role.CANDIDATE, now_ms)

    def retire(self, now_ms: int) -> None:
        """Be a follower of nobody, and wait."""
        self._member.role, self._member.leader = Role.FOLLOWER, NO_NODE
        self.wait(now_ms)

    def on_request(self, sender: NodeId, request: VoteRequest, now_ms: int) -> None:
        """Give a vote, or say no. The term of the request is this node's, or later and only a pre-vote."""
        member = self._member
        free = member.vote == sender or (member.vote == NO_NODE and member.leader == NO_NODE)
        if request.pre and request.term > member.term:
            free = True
        granted = free and member.log.is_reached_by(request.last_index, request.last_term)
        if granted and not request.pre:
            member.give_vote(sender)
            self.wait(now_ms)
        self.answer(sender, request, request.term if granted else member.term, granted=granted)

    def answer(self, sender: NodeId, request: VoteRequest, term: int, *, granted: bool) -> None:
        """Say yes or no, and how far this node knows the log to be decided."""
        log = self._member.log
        commit_term = log.term_at(log.commit) or 0
        self._member.send(sender, VoteReply(term, granted, request.pre, log.commit, commit_term))

    def on_reply(self, sender: NodeId, reply: VoteReply, now_ms: int) -> bool:
        """Count a vote. A granted pre-vote is for the term after this one.

        The answers may have taught this node that a change is decided: then it asks whoever decides now, but later.
        """
        member = self._member
        asked = Role.PRE_CANDIDATE if reply.pre else Role.CANDIDATE
        term = member.term + 1 if reply.pre and reply.granted else member.term
        if member.role is not asked or reply.term != term:
            member.reject("late_vote")
            return False
        self._votes.setdefault(sender, reply.granted)
        if not member.may_stand:
            self._lose(now_ms)
            return False
        return self._count(now_ms)

    def _ask_before(self, now_ms: int) -> bool:
        self._member.leader = NO_NODE
        return self._begin(Role.PRE_CANDIDATE, now_ms)

    def _begin(self, role: Role, now_ms: int) -> bool:
        member = self._member
        member.role, member.leader = role, NO_NODE
        self._votes = {member.node: True}
        self.wait(now_ms)
        if self._count(now_ms):
            return True
        self._ask(now_ms)
        return False

    def _ask(self, now_ms: int) -> None:
        """Ask every voter that has not answered."""
        member, log = self._member, self._member.log
        self._ask_ms = now_ms + member.config.heartbeat_ms
        pre = member.role is Role.PRE_CANDIDATE
        term = member.term + 1 if pre else member.term
        request = VoteRequest(term, log.last_index, log.last_term, pre, self.forced and not pre)
        for voter in member.membership.voters:
            if voter not in self._votes:
                member.send(voter, request)

    def _count(self, now_ms: int) -> bool:
        member, voters = self._member, self._member.membership.voters
        needed = quorum(len(voters))
        if sum(self._votes.get(voter, False) for voter in voters) >= needed:
            if member.role is Role.PRE_CANDIDATE:
                return self.stand(now_ms, forced=False)
            return True
        if sum(not self._votes.get(voter, True) for voter in voters) >= len(voters) - needed + 1:
            self._lose(now_ms)
        return False

    def _lose(self, now_ms: int) -> None:
        """No majority is possible any more. Nobody leads either, so the next try comes sooner than after a silence."""
        member = self._member
        member.role = Role.FOLLOWER
        spread_ms = int(member.rng.random() * member.config.election_ms)
        self._wait_until(now_ms + member.config.heartbeat_ms + spread_ms)

    def _wait_until(self, deadline_ms: int) -> None:
        """Never stand while this node, as a voter, would have to withhold its vote from itself."""
        self._deadline_ms = max(deadline_ms, self._member.heard_ms + self._member.config.election_ms)
