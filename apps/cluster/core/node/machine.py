"""The control plane of one node: routes what comes in to gossip, formation and the log, and says what is to be done.

Give it events and the time; take effects and do them in order. It never waits, and costs little when nothing happens.
Not here: the data plane, which works by the views this hands out and confirms when they are in force.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from apps.cluster.core.gossip import Address, Gossip, GossipMessage, Status
from apps.cluster.core.ids import NodeId, Random
from apps.cluster.core.node.config import NodeConfig
from apps.cluster.core.node.departure import Departure, Situation, Step
from apps.cluster.core.node.effects import (
    Effect,
    Failed,
    Persist,
    SaveIdentity,
    Send,
    SendDatagram,
    SendStream,
    Serving,
    Stop,
)
from apps.cluster.core.node.formation import Formation
from apps.cluster.core.node.identity import Claim, Identity
from apps.cluster.core.node.member import Member
from apps.cluster.core.node.messages import (
    ClaimReply,
    ClaimRequest,
    ClaimWithdrawn,
    ControlMessage,
    Dismissal,
    GossipEnvelope,
    RaftEnvelope,
)
from apps.cluster.core.node.replica import founding_log
from apps.cluster.core.raft import HardState, ProposalRefused, Stored
from apps.cluster.core.state import VERSION, Command, CommandUnknown

BLANK = HardState(term=0, vote=NodeId(0), commit=0)
"""What a node that joins saves first, so that a log lost later is told from one that never was."""
REMOVED = "this node was removed from its cluster; delete its folder to join as a new node"
REUNION_MS = 5_000
"""How often a member that gossip does not know, or that said goodbye, is asked whether it is there."""
INCARNATION_BITS = 20
"""A boot's first incarnation is its number shifted by this: higher than any of the boot before."""


class NodeMachine:
    """One node. After every call `take` gives what is to be done; nothing more comes after a `Stop`."""

    def __init__(
        self,
        identity: Identity,
        stored: Stored | None,
        claim: Claim | None,
        config: NodeConfig,
        join: Sequence[Address],
        rng: Random,
        now_ms: int,
    ) -> None:
        self.identity = identity
        self.rejected: Counter[str] = Counter()
        """What came in and was not believed, by reason."""
        self.member: Member | None = None
        self._config = config
        self._rng = rng
        self._founds = config.expect > 1 or (config.expect == 1 and not join)
        self._claim = claim
        self._effects: list[Effect] = []
        self._stopped = False
        self._refused = 0
        self._reunion_ms = now_ms
        self._departure: Departure | None = None
        self._meta = msgspec.structs.replace(config.meta, cluster=identity.cluster_id, version=VERSION)
        incarnation = identity.boot << INCARNATION_BITS
        self.gossip = Gossip(identity.node, config.address, self._meta, incarnation, config.gossip, rng, now_ms)
        self._formation = Formation(identity.node, config.expect, config.cluster_id, claim, rng)
        self._start(stored, now_ms)
        self.gossip.join(list(join), now_ms)
        self._settle(now_ms)

    @property
    def next_deadline_ms(self) -> int:
        """When `tick` is wanted next."""
        deadline_ms = self.gossip.next_deadline_ms
        deadline_ms = min(deadline_ms, (self.member or self._formation).next_deadline_ms)
        return deadline_ms if self._departure is None else min(deadline_ms, self._departure.deadline_ms)

    def take(self) -> list[Effect]:
        """Return what is to be done, in this order, and forget it."""
        effects = self._effects.copy()
        self._effects.clear()
        return effects

    def tick(self, now_ms: int) -> None:
        """Time has passed."""
        if self._stopped:
            return
        self.gossip.tick(now_ms)
        if self.member is not None:
            self.member.tick(now_ms)
        self._settle(now_ms)

    def receive_datagram(self, sender: NodeId, address: Address, message: GossipMessage, now_ms: int) -> None:
        """A datagram of an authenticated node has come."""
        if not self._stopped:
            self.gossip.receive(sender, address, message, now_ms)
            self._settle(now_ms)

    def receive(self, sender: NodeId, message: ControlMessage, now_ms: int) -> None:
        """A message of an authenticated node has come over a link."""
        if self._stopped:
            return
        match message:
            case RaftEnvelope():
                self._receive_log(sender, message, now_ms)
            case GossipEnvelope():
                self.gossip.receive(sender, message.address, message.message, now_ms)
            case Dismissal(cluster_id):
                self._receive_dismissal(cluster_id)
            case _:
                self._receive_claim(sender, message, now_ms)
        self._settle(now_ms)

    def propose(self, command: Command, now_ms: int) -> int:
        """Ask the cluster for a command; the answer comes as `Completed` or `Failed` with the ticket returned here."""
        return self._ask(command, now_ms)

    def read(self, now_ms: int) -> int:
        """Ask when the view shows everything that was decided before this call; answered like a proposal."""
        return self._ask(None, now_ms)

    def confirm(self, index: int, now_ms: int) -> None:
        """The data plane works by the view of this index."""
        if self.member is not None and not self._stopped:
            self.member.confirm(index)
            self._settle(now_ms)

    def transfer(self, to: NodeId, now_ms: int) -> None:
        """Hand the office of leader over. Raises ProposalRefused."""
        if self.member is None or self._stopped:
            raise ProposalRefused("no_leader")
        self.member.replica.raft.transfer(to, now_ms)
        self._settle(now_ms)

    def update_load(self, load: int, now_ms: int) -> None:
        """Tell the others how much this node has to do."""
        self._describe(now_ms, load=load)
        self._settle(now_ms)

    def leave(self, now_ms: int) -> None:
        """Go in order: give up the slots, hand over the office, say goodbye; then comes `Stop("left")`."""
        if self._departure is None and not self._stopped:
            self._departure = Departure(self._config.stop_ms, now_ms)
            self._describe(now_ms, weight=0)
            self._settle(now_ms)

    def _ask(self, command: Command | None, now_ms: int) -> int:
        ticket = None if self.member is None or self._stopped else self.member.propose(command, now_ms)
        if ticket is None:
            self._refused += 1
            ticket = -self._refused
            self._effects.append(Failed(ticket, "no_cluster" if self.member is None else "busy"))
        else:
            self._settle(now_ms)
        return ticket

    def _start(self, stored: Stored | None, now_ms: int) -> None:
        """Be again what the disk says this node was."""
        identity, claim = self.identity, self._claim
        if identity.removed:
            self._stop("removed", REMOVED)
        elif identity.cluster_id and self._config.cluster_id not in {"", identity.cluster_id}:
            self._stop("wrong_cluster", f"this folder belongs to cluster {identity.cluster_id}")
        elif identity.cluster_id and stored is None:
            self._stop("storage_lost", "the log of this node is gone; delete its folder to join as a new node")
        elif identity.cluster_id and stored is not None:
            self._belong(identity.cluster_id, stored, now_ms)
        elif claim is not None and stored is not None and stored.snapshot is not None:
            self._belong(claim.cluster_id, stored, now_ms)

    def _belong(self, cluster_id: str, stored: Stored, now_ms: int) -> None:
        """Be a member from now on."""
        if self.identity.cluster_id != cluster_id:
            self.identity = msgspec.structs.replace(self.identity, cluster_id=cluster_id)
            self._claim = None
            self._effects.append(SaveIdentity(self.identity, None))
        peers, effects = self.gossip.peers, self._effects
        try:
            self.member = Member(self.identity, self._config, stored, self._rng, peers, self._send, effects, now_ms)
        except CommandUnknown as unknown:
            self._stop("too_old", str(unknown))
            return
        self._describe(now_ms, cluster=cluster_id, founded=True)

    def _found(self, claim: Claim, now_ms: int) -> None:
        """Start the cluster, or one's part in it: the log first, so that whoever belongs always has one."""
        log = founding_log(claim)
        self._effects.append(Persist(log.hard_state, log.snapshot, ()))
        self._belong(claim.cluster_id, log, now_ms)

    def _receive_log(self, sender: NodeId, envelope: RaftEnvelope, now_ms: int) -> None:
        if self.member is None:
            self._meet(envelope.cluster_id, now_ms)
        if self.member is None or envelope.cluster_id != self.identity.cluster_id:
            self.rejected["wrong_cluster"] += 1
            return
        self.member.replica.raft.receive(sender, envelope.message, now_ms)

    def _meet(self, cluster_id: str, now_ms: int) -> None:
        """A cluster speaks to a node without one: the one it has promised itself to, or one that takes it in."""
        formation = self._formation
        if self._config.cluster_id not in {"", cluster_id}:
            return
        if formation.claim is not None and formation.coordinates:
            formation.withdraw(now_ms)
            self._send_claims()
        if formation.claim is None:
            self._effects.append(Persist(BLANK, None, ()))
            self._belong(cluster_id, Stored(BLANK, None, ()), now_ms)
        elif formation.claim.cluster_id == cluster_id:
            self._found(formation.claim, now_ms)

    def _receive_claim(self, sender: NodeId, message: ClaimRequest | ClaimReply | ClaimWithdrawn, now_ms: int) -> None:
        formation = self._formation
        match message:
            case ClaimReply() if self.member is None:
                formation.receive_reply(sender, message, now_ms)
            case ClaimReply(cluster_id, granted):
                if granted and cluster_id != self.identity.cluster_id:
                    self._send(sender, ClaimWithdrawn(cluster_id))
            case ClaimRequest(claim) if self.member is None:
                if not formation.receive_request(sender, claim, now_ms):
                    self.rejected["bad_claim"] += 1
            case ClaimRequest(claim):
                self._send(sender, ClaimReply(claim.cluster_id, claim.cluster_id == self.identity.cluster_id))
            case ClaimWithdrawn(cluster_id) if self.member is None:
                formation.receive_withdrawn(sender, cluster_id)
            case _:
                self.rejected["late_claim"] += 1

    def _settle(self, now_ms: int) -> None:
        """Do everything that follows from what came in."""
        if self._stopped:
            return
        if self.member is None:
            self._form(now_ms)
        self._take_gossip()
        if self.member is not None:
            self._live(self.member, now_ms)
            self._reunite(self.member, now_ms)
        if self._departure is not None and not self._stopped:
            self._depart(self._departure, now_ms)

    def _form(self, now_ms: int) -> None:
        formation = self._formation
        if now_ms >= formation.next_deadline_ms:
            alive = [peer for peer in self.gossip.peers.values() if peer.status is Status.ALIVE]
            free = [p.node for p in alive if not p.meta.cluster and p.meta.expect == self._config.expect]
            seen = any(peer.meta.cluster for peer in alive)
            formation.tick(sorted(free) if self._founds else [], seen, now_ms)
        self._send_claims()
        if formation.complete and formation.claim is not None:
            self._found(formation.claim, now_ms)

    def _send_claims(self) -> None:
        """What is promised is on the disk before anybody hears of it."""
        if self._formation.claim != self._claim:
            self._claim = self._formation.claim
            self._effects.append(SaveIdentity(self.identity, self._claim))
        for node, message in self._formation.take():
            self._send(node, message)

    def _take_gossip(self) -> None:
        told = self.gossip.take()
        self._effects += [SendDatagram(address, message) for address, message in told.datagrams]
        own = self._config.address
        self._effects += [SendStream(address, GossipEnvelope(own, message)) for address, message in told.streams]
        if told.changes and self.member is not None:
            self.member.evidence_changed()

    def _live(self, member: Member, now_ms: int) -> None:
        try:
            member.settle(now_ms)
        except CommandUnknown as unknown:
            self._stop("too_old", str(unknown))
        if member.removed and not self._stopped:
            self._be_removed()

    def _reunite(self, member: Member, now_ms: int) -> None:
        """Look for members where the log says they are: who starts again may have been told no address, or old ones."""
        if now_ms < self._reunion_ms or self._departure is not None:
            return
        self._reunion_ms = now_ms + REUNION_MS
        records, peers = member.replica.state.members, self.gossip.peers
        missing = [node for node in records if node not in peers or peers[node].status is Status.LEFT]
        if missing and not self._stopped:
            record = records[missing[self._rng.getrandbits(32) % len(missing)]]
            self.gossip.join([(record.host, record.control_port)], now_ms)

    def _receive_dismissal(self, cluster_id: str) -> None:
        """A node without a cluster may hear this, too: it was retired before it had ever been taken in."""
        belongs = self.member is not None and cluster_id == self.identity.cluster_id
        waits = self.member is None and self._claim is None and self._config.cluster_id in {"", cluster_id}
        if belongs or waits:
            self._be_removed()
        else:
            self.rejected["wrong_cluster"] += 1

    def _be_removed(self) -> None:
        """Stop, and stay stopped: a start with the same folder ends here, too."""
        self.identity = msgspec.structs.replace(self.identity, removed=True)
        self._effects.append(SaveIdentity(self.identity, None))
        self._stop("removed", REMOVED)

    def _depart(self, departure: Departure, now_ms: int) -> None:
        member = self.member
        situation = Situation(True, 0, False) if member is None else member.situation()
        step = departure.step(situation, now_ms)
        if step is Step.HAND_OVER and member is not None:
            member.hand_over(now_ms)
        elif step is Step.FAREWELL:
            self.gossip.leave(now_ms)
            self._take_gossip()
        elif step is Step.GONE:
            self._stop("left", "this node was told to leave")

    def _describe(self, now_ms: int, **facts: object) -> None:
        self._meta = msgspec.structs.replace(self._meta, **facts)
        self.gossip.update(self._meta, now_ms)

    def _send(self, node: NodeId, message: ControlMessage) -> None:
        peer = self.gossip.peers.get(node)
        if peer is not None:
            self._effects.append(Send(node, peer.address, message))
        elif self.member is not None and node in self.member.replica.state.members:
            record = self.member.replica.state.members[node]
            self._effects.append(Send(node, (record.host, record.control_port), message))
        else:
            self.rejected["no_address"] += 1

    def _stop(self, code: str, detail: str) -> None:
        self._stopped = True
        self._effects += [Serving(0), Stop(code, detail)]
