"""The life of a node before it belongs to a cluster: who forms one with whom (ADR 8, "Formation").

The node with the smallest id among `expect` that see each other asks them for a claim: a promise, kept on disk, to
form one cluster with exactly these voters. Only this coordinator may start it, and only with all promises; so it may
also give up, as long as it has not started, and set the others free. It does so when somebody refuses, is silent for
too long, or when a cluster that already exists is seen. Not here: what a cluster starts from, and how a node joins one.
"""

from collections.abc import Sequence

from apps.cluster.core.ids import NodeId, Random
from apps.cluster.core.node.identity import Claim
from apps.cluster.core.node.messages import ClaimReply, ClaimRequest, ClaimWithdrawn, ControlMessage

CLAIM_RETRY_MS = 500
"""How often a coordinator asks those who have not promised, and a promiser tells that it still waits."""
CLAIM_PATIENCE_MS = 10_000
"""How long a coordinator waits for the last promise before it gives up and looks around again."""
CLAIM_PAUSE_MS = 2_000
"""A coordinator that gave up waits a random time up to this, so that two of them do not refuse each other for ever."""


class Formation:
    """Promises asked for, given and collected. Its owner saves `claim` to the disk before it sends anything."""

    def __init__(self, me: NodeId, expect: int, cluster_id: str, claim: Claim | None, rng: Random) -> None:
        self.claim = claim
        self.complete = False
        """Every voter has promised this coordinator its claim: it may start the cluster."""
        self._me = me
        self._expect = expect
        self._cluster_id = cluster_id
        self._rng = rng
        self._promised = {me}
        self._outbox: list[tuple[NodeId, ControlMessage]] = []
        self._ask_ms = 0
        self._patience_ms: int | None = None

    @property
    def coordinates(self) -> bool:
        """Whether the claim is this node's own to start or to withdraw."""
        return self.claim is not None and self.claim.coordinator == self._me

    @property
    def next_deadline_ms(self) -> int:
        """When `tick` is wanted next."""
        return self._ask_ms

    def take(self) -> list[tuple[NodeId, ControlMessage]]:
        """Return what is to be sent, after the claim was saved."""
        outbox, self._outbox = self._outbox, []
        return outbox

    def tick(self, free: Sequence[NodeId], cluster_seen: bool, now_ms: int) -> None:
        """Go on. `free`: living nodes without a cluster that expect as many, this one among them, ascending."""
        if now_ms < self._ask_ms:
            return
        self._ask_ms = now_ms + CLAIM_RETRY_MS
        if self.claim is None:
            if not cluster_seen and len(free) >= max(1, self._expect) and free[0] == self._me:
                self._begin(tuple(free[: self._expect]))
        elif not self.coordinates:
            self._outbox.append((self.claim.coordinator, ClaimReply(self.claim.cluster_id, True)))
        elif cluster_seen:
            self.withdraw(now_ms)
        if self.coordinates:
            self._ask(now_ms)

    def receive_request(self, sender: NodeId, claim: Claim, now_ms: int) -> bool:
        """Promise, or refuse. Returns False for a claim that nobody may make."""
        voters = claim.voters
        if self._me not in voters or claim.coordinator != sender or list(voters) != sorted(set(voters)):
            return False
        if self.coordinates and sender < self._me:
            self.withdraw(now_ms)
        fits = len(voters) == self._expect and self._cluster_id in {"", claim.cluster_id}
        if self.claim is None and fits:
            self.claim = claim
        self._outbox.append((sender, ClaimReply(claim.cluster_id, self.claim == claim)))
        return True

    def receive_reply(self, sender: NodeId, reply: ClaimReply, now_ms: int) -> None:
        """Count a promise; give up at a refusal; set free whoever still holds a claim that is no longer made."""
        if self.claim is None or not self.coordinates or reply.cluster_id != self.claim.cluster_id:
            if reply.granted:
                self._outbox.append((sender, ClaimWithdrawn(reply.cluster_id)))
        elif sender in self.claim.voters and reply.granted:
            self._promised.add(sender)
            self.complete = len(self._promised) == len(self.claim.voters)
        elif sender in self.claim.voters:
            self.withdraw(now_ms)

    def receive_withdrawn(self, sender: NodeId, cluster_id: str) -> None:
        """Be free again, if the one who may say so says so."""
        claim = self.claim
        if (
            claim is not None
            and claim.cluster_id == cluster_id
            and claim.coordinator == sender
            and not self.coordinates
        ):
            self.claim = None

    def withdraw(self, now_ms: int) -> None:
        """Give up the own claim for good: this cluster id will never be started by anybody."""
        assert self.claim is not None
        assert self.coordinates, "only its coordinator may withdraw a claim"
        self._outbox += [
            (voter, ClaimWithdrawn(self.claim.cluster_id)) for voter in self.claim.voters if voter != self._me
        ]
        self.claim = None
        self.complete = False
        self._ask_ms = now_ms + int(self._rng.random() * CLAIM_PAUSE_MS)

    def _begin(self, voters: tuple[NodeId, ...]) -> None:
        self.claim = Claim(self._cluster_id or f"{self._rng.getrandbits(64):016x}", voters)
        self._promised = {self._me}
        self._patience_ms = None
        self.complete = len(voters) == 1

    def _ask(self, now_ms: int) -> None:
        assert self.claim is not None
        self._patience_ms = self._patience_ms or now_ms + CLAIM_PATIENCE_MS
        if now_ms >= self._patience_ms:
            self.withdraw(now_ms)
            return
        missing = [voter for voter in self.claim.voters if voter not in self._promised]
        self._outbox += [(voter, ClaimRequest(self.claim)) for voter in missing]
        self.complete = not missing
