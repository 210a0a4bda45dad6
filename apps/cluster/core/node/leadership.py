"""What a leader does for its cluster: compares what is with what should be, and proposes the difference, once each.

Made anew at each leadership. Not here: the decisions, which are the reconciler's.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress

from apps.cluster.core.gossip import Peer
from apps.cluster.core.ids import NodeId
from apps.cluster.core.node.config import NodeConfig
from apps.cluster.core.raft import ProposalRefused, Raft
from apps.cluster.core.reconcile import ChangeMembership, Evidence, Propose, Reconciler
from apps.cluster.core.state import ClusterState, Command

UNDERWAY_MAX = 64
"""Commands proposed and not yet applied; what is decided beyond them waits for the next comparison."""


class Leadership:
    """One term in office."""

    def __init__(self, config: NodeConfig, raft: Raft, now_ms: int) -> None:
        self._node = config.raft.node
        self._inherited = raft.last_index
        """Everything that earlier leaders may have decided, and this one's own first entry."""
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

    def settled(self, request: int) -> None:
        """Forget a decision that was applied. What is not, is forgotten with the office."""
        self._underway.pop(request, None)

    def run(
        self,
        raft: Raft,
        state: ClusterState,
        peers: Mapping[NodeId, Peer],
        enact: Callable[[Command], int | None],
        now_ms: int,
    ) -> None:
        """Compare if it is time to, and ask for what is missing. What is refused is decided anew the next time."""
        if now_ms < self.next_deadline_ms:
            return
        if raft.applied < self._inherited:
            self._last_ms = now_ms
            return
        self._last_ms, self._hurry = now_ms, False
        evidence = Evidence(
            node=self._node,
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
                    self._enact(command, enact)
                case ChangeMembership(change):
                    with suppress(ProposalRefused):
                        raft.change(change, now_ms)
                case _:
                    with suppress(ProposalRefused):
                        raft.transfer(action.to, now_ms)

    def _enact(self, command: Command, enact: Callable[[Command], int | None]) -> None:
        if len(self._underway) >= UNDERWAY_MAX or command in self._underway.values():
            return
        request = enact(command)
        if request is not None:
            self._underway[request] = command
