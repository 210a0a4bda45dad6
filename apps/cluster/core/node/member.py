"""A node that belongs to a cluster: log, proposals, office, lease and view of it.

Not here: who is there (gossip), where messages go (the machine), and what a node does before it belongs to one.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress

from apps.cluster.core.gossip import LIVING, Peer, Status
from apps.cluster.core.ids import NodeId, Random
from apps.cluster.core.node.config import NodeConfig
from apps.cluster.core.node.departure import Situation
from apps.cluster.core.node.effects import Completed, Effect, Failed, Serving, ViewChanged
from apps.cluster.core.node.identity import Identity
from apps.cluster.core.node.leadership import Leadership
from apps.cluster.core.node.messages import ControlMessage, Dismissal, RaftEnvelope
from apps.cluster.core.node.proposals import Pending, Proposals
from apps.cluster.core.node.replica import Replica
from apps.cluster.core.node.view import View
from apps.cluster.core.raft import ProposalRefused, RaftMessage, Role, Stored
from apps.cluster.core.state import Code, Command, Envelope, Outcome

TRY_AGAIN = frozenset({"no_leader", "busy", "transferring"})
"""Refusals of the log that pass: the proposal stays and is tried again. Any other one is final."""
DISMISS_MS = 1_000
"""How often a leader tells nodes that are there and were removed that they were."""
SETTLE_MAX = 100
"""Rounds until a node comes to rest after an event; more mean that its parts keep each other busy."""


class Member:
    """One member of one cluster. Effects are appended to the list it is given, in their order."""

    def __init__(
        self,
        identity: Identity,
        config: NodeConfig,
        stored: Stored,
        rng: Random,
        peers: Mapping[NodeId, Peer],
        send: Callable[[NodeId, ControlMessage], None],
        effects: list[Effect],
        now_ms: int,
    ) -> None:
        self.replica = Replica(config.raft, identity.cluster_id, stored, rng, now_ms)
        self.proposals = Proposals(identity.boot, config.proposal_ms, config.retry_ms, config.proposals_max)
        self.removed = False
        """The log says that this node was removed for good."""
        self.view_stale = True
        self._identity = identity
        self._config = config
        self._peers = peers
        self._send = send
        self._effects = effects
        self._office: Leadership | None = None
        self._known_leader = (0, NodeId(0))
        self._serving_until_ms = 0
        self._dismissed_ms = now_ms

    @property
    def next_deadline_ms(self) -> int:
        """When `tick` is wanted next."""
        deadline_ms = self.replica.raft.next_deadline_ms
        if self._office is not None:
            deadline_ms = min(deadline_ms, self._office.next_deadline_ms)
        waiting_ms = self.proposals.next_deadline_ms
        return deadline_ms if waiting_ms is None else min(deadline_ms, waiting_ms)

    def propose(self, command: Command | None, now_ms: int) -> int | None:
        """Ask for a command (None: for a read); returns its ticket, or None when too many wait."""
        if self.proposals.full:
            return None
        pending = self.proposals.open(command, now_ms)
        self._attempt(pending, now_ms)
        return pending.ticket

    def tick(self, now_ms: int) -> None:
        """Time has passed."""
        self.replica.raft.tick(now_ms)
        waiting_ms = self.proposals.next_deadline_ms
        if waiting_ms is not None and waiting_ms <= now_ms:
            for pending in self.proposals.expired(now_ms):
                self._fail(pending, "timeout")
            self._retry(now_ms, everything=False)

    def evidence_changed(self) -> None:
        """Gossip has news."""
        self.view_stale = True
        if self._office is not None:
            self._office.hurry()

    def settle(self, now_ms: int) -> None:
        """Do everything that follows from what came in. Raises CommandUnknown (of the state machine)."""
        for _ in range(SETTLE_MAX):
            self.replica.pump(self._send_log, self._effects, now_ms)
            self._take_note()
            self._answer(now_ms)
            self._follow(now_ms)
            self._govern(now_ms)
            if not self.replica.raft.has_ready:
                break
        else:
            raise AssertionError("the node does not come to rest")
        self._publish()

    def _send_log(self, node: NodeId, message: RaftMessage) -> None:
        self._send(node, RaftEnvelope(self._identity.cluster_id, message))

    def _attempt(self, pending: Pending, now_ms: int) -> None:
        raft = self.replica.raft
        try:
            if pending.command is None:
                raft.read_index(pending.ticket, now_ms)
            else:
                raft.propose(self._sealed(pending.request, pending.command), now_ms)
        except ProposalRefused as refused:
            if refused.reason not in TRY_AGAIN:
                self._give_up(pending, refused.reason)
        except ValueError:
            self._give_up(pending, Code.INVALID)

    def _sealed(self, request: int, command: Command) -> bytes:
        """Write an entry. Raises ValueError for values that no state machine would accept."""
        return Envelope(self.replica.state.version, self._identity.node, request, command).encode()

    def _give_up(self, pending: Pending, code: str) -> None:
        self.proposals.close(pending)
        self._fail(pending, code)

    def _retry(self, now_ms: int, *, everything: bool) -> None:
        for pending in self.proposals.due(now_ms, everything=everything):
            self._attempt(pending, now_ms)

    def _fail(self, pending: Pending, code: str) -> None:
        self._effects.append(Failed(pending.ticket, code))

    def _take_note(self) -> None:
        """What the newly applied part of the log means for this node itself."""
        replica = self.replica
        if not replica.changed:
            return
        replica.changed = False
        self.view_stale = True
        if replica.installed:
            replica.installed = False
            self.proposals.mark_uncertain()
        self.removed = self._identity.node in replica.state.removals
        if self._office is not None:
            self._office.hurry()

    def _answer(self, now_ms: int) -> None:
        replica = self.replica
        outcomes, replica.outcomes = replica.outcomes, []
        for outcome in outcomes:
            if outcome.origin == self._identity.node:
                self._answer_one(outcome, now_ms)
        reads, replica.reads = replica.reads, []
        for ticket, index in reads:
            self.proposals.read_at(ticket, index)
        for pending in self.proposals.answerable(replica.applied):
            self._effects.append(Completed(pending.ticket, pending.index))

    def _answer_one(self, outcome: Outcome, now_ms: int) -> None:
        pending = self.proposals.of_request(outcome.request)
        if pending is None:
            if self._office is not None:
                self._office.settled(outcome.request)
            return
        if outcome.code is Code.DUPLICATE and not pending.uncertain:
            self.proposals.renew(pending)
            self._attempt(pending, now_ms)
            return
        self.proposals.close(pending)
        if outcome.code:
            self._fail(pending, "unknown" if outcome.code is Code.DUPLICATE else outcome.code)
        else:
            self._effects.append(Completed(pending.ticket, outcome.result))

    def _follow(self, now_ms: int) -> None:
        """Begin or end an office, and try everything again with a new leader."""
        raft = self.replica.raft
        known = (raft.term, raft.leader)
        if known == self._known_leader:
            return
        self._known_leader = known
        self.view_stale = True
        self._office = Leadership(self._config, raft, now_ms) if raft.role is Role.LEADER else None
        if raft.leader:
            self._retry(now_ms, everything=True)

    def _govern(self, now_ms: int) -> None:
        if self._office is not None:
            self._office.run(
                self.replica.raft,
                self.replica.state,
                self._peers,
                lambda command: self._enact(command, now_ms),
                now_ms,
            )
            self._dismiss(now_ms)

    def _enact(self, command: Command, now_ms: int) -> int | None:
        """Append a decision of this office now, or not at all: what it rests on may not hold a moment later.

        So it is never tried again or handed to another leader. Returns its request, None where the log refuses.
        """
        request = self.proposals.next_request()
        try:
            self.replica.raft.propose(self._sealed(request, command), now_ms)
        except ProposalRefused:
            return None
        return request

    def _dismiss(self, now_ms: int) -> None:
        """Tell those who were removed while they could not hear it; nobody sends them the log any more."""
        removals = self.replica.state.removals
        if removals and now_ms >= self._dismissed_ms + DISMISS_MS:
            self._dismissed_ms = now_ms
            for node in filter(self._is_alive, removals):
                self._send(node, Dismissal(self._identity.cluster_id))

    def _publish(self) -> None:
        """Tell the data plane: the view first, because a lease may only count with the table it was granted under."""
        if self.view_stale:
            self.view_stale = False
            self._effects.append(ViewChanged(self.view()))
            if not self._config.confirms:
                self.confirm(self.replica.applied)
        raft = self.replica.raft
        fenced = self.replica.applied < raft.lease_fence
        if not fenced and raft.lease_until_ms > self._serving_until_ms:
            self._serving_until_ms = raft.lease_until_ms
            self._effects.append(Serving(raft.lease_until_ms))

    def confirm(self, index: int) -> None:
        """The data plane works by the view of this index: from now on the leader may hear so."""
        self.replica.raft.applied_to(min(index, self.replica.applied))

    def situation(self) -> Situation:
        """What holds this node back if it wants to go: nothing that no other node would take over."""
        node, membership = self._identity.node, self.replica.raft.membership
        others = [member for member in sorted(membership.members) if member != node]
        heirs = any(self._is_there(other) and self._peers[other].meta.weight for other in others)
        voters = any(self._is_there(voter) for voter in membership.voters if voter != node)
        return Situation(
            alone=not others,
            slots=self.replica.state.table.count_of(node) if heirs else 0,
            leads=voters and self.replica.raft.role is Role.LEADER,
        )

    def hand_over(self, now_ms: int) -> None:
        """Ask the voter that is furthest to take over the office; nothing happens while one is already asked."""
        raft, node = self.replica.raft, self._identity.node
        contacts = raft.contacts()
        others = [v for v in raft.membership.voters if v != node and self._is_alive(v)]
        best = max(others, key=lambda voter: contacts[voter].match, default=None)
        if best is not None:
            with suppress(ProposalRefused):
                raft.transfer(best, now_ms)

    def _is_there(self, node: NodeId) -> bool:
        """Whether a node has not said goodbye and is not known to be dead."""
        peer = self._peers.get(node)
        return peer is not None and peer.status in LIVING

    def _is_alive(self, node: NodeId) -> bool:
        peer = self._peers.get(node)
        return peer is not None and peer.status is Status.ALIVE

    def view(self) -> View:
        """Return what this node knows now."""
        raft, state = self.replica.raft, self.replica.state
        return View(
            node=self._identity.node,
            cluster_id=self._identity.cluster_id,
            role=raft.role,
            leader=raft.leader,
            term=raft.term,
            index=self.replica.applied,
            version=state.version,
            table=state.table,
            members=state.members,
            leases=len(state.leases),
            membership=raft.membership,
            statuses={node: peer.status for node, peer in self._peers.items()},
        )
