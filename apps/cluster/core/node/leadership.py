"""What a leader does for its cluster: compares what is with what should be, and proposes the difference, once each.

Made anew at each leadership. Not here: the decisions, which are the reconciler's.
"""

from collections.abc import Callable, Mapping

from apps.cluster.core.gossip import Peer
from apps.cluster.core.ids import NodeId
from apps.cluster.core.node.config import NodeConfig
from apps.cluster.core.raft import ProposalRefused, Raft
from apps.cluster.core.reconcile import ChangeMembership, Evidence, Propose, Reconciler, Transfer
from apps.cluster.core.state import ClusterState, Command

UNDERWAY_MAX = 64
"""Commands proposed and not yet applied; what is decided beyond them waits for the next comparison."""


class Leadership:
    """One term in office."""

    def __init__(self, config: NodeConfig, term: int, now_ms: int) -> None:
        self.term = term
        self._config = config
        self._reconciler = Reconciler(config.reconcile, now_ms)
        self._underway: dict[int, Command] = {}
        self._last_ms = now_ms - config.reconcile_ms
        self._hurry = False

    @property
    def next_deadline_ms(self) -> int:
        """When `run` is wanted next."""
        wait_ms = self._config.reconcile_least_ms if self._hurry else self._config.reconcile_ms
        return self._last_ms + wait_ms

    def hurry(self) -> None:
        """Something has changed: compare soon."""
        self._hurry = True

    def settled(self, ticket: int) -> bool:
        """Forget a proposal that was answered; whether it was one of these."""
        return self._underway.pop(ticket, None) is not None

    def run(
        self,
        raft: Raft,
        state: ClusterState,
        peers: Mapping[NodeId, Peer],
        propose: Callable[[Command], int | None],
        now_ms: int,
    ) -> None:
        """Compare if it is time to, and ask for what is missing."""
        if now_ms < self.next_deadline_ms:
            return
        self._last_ms, self._hurry = now_ms, False
        evidence = Evidence(
            now_ms=now_ms,
            leader_since_ms=raft.leader_since_ms,
            peers=peers,
            contacts=raft.contacts(),
            membership=raft.membership,
            change_pending=raft.change_pending,
        )
        for action in self._reconciler.decide(state, evidence):
            match action:
                case Propose(command):
                    self._propose(command, propose)
                case ChangeMembership(change):
                    self._attempt(lambda change=change: raft.change(change, now_ms))
                case Transfer(to):
                    self._attempt(lambda to=to: raft.transfer(to, now_ms))

    def _propose(self, command: Command, propose: Callable[[Command], int | None]) -> None:
        if len(self._underway) >= UNDERWAY_MAX or command in self._underway.values():
            return
        ticket = propose(command)
        if ticket is not None:
            self._underway[ticket] = command

    @staticmethod
    def _attempt(action: Callable[[], None]) -> None:
        try:
            action()
        except ProposalRefused:
            return  # Decided anew at the next comparison, if it is still wanted then.
