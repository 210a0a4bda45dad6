"""What a leader does for its cluster: compares what is decided with what it sees, and says what to propose.

Made anew at each leadership and asked often; the same situation gives the same actions until they have been applied.
It must be asked only when everything of earlier leaders is applied (the leader's own first entry is), because it takes
the state for what is decided. Not here: which action is already on its way.
"""

from apps.cluster.core.reconcile.allotment import Allotment
from apps.cluster.core.reconcile.config import ReconcileConfig
from apps.cluster.core.reconcile.electorate import Electorate
from apps.cluster.core.reconcile.evidence import Action, ChangeMembership, Evidence, Propose, Transfer
from apps.cluster.core.reconcile.presence import Presence
from apps.cluster.core.reconcile.records import record_commands
from apps.cluster.core.state import ClusterState


class Reconciler:
    """One leadership's memory and judgement."""

    def __init__(self, config: ReconcileConfig, now_ms: int) -> None:
        self._config = config
        self._presence = Presence(config)
        self._allotment = Allotment(config)
        self._transfer_ms = now_ms

    def decide(self, state: ClusterState, evidence: Evidence) -> list[Action]:
        """Return everything that should be done now."""
        self._presence.observe(evidence, frozenset({*state.members, *evidence.membership.members}))
        electorate = Electorate(state, evidence, self._presence, self._config)
        actions: list[Action] = [Propose(command) for command in record_commands(electorate)]
        actions += [Propose(command) for command in self._allotment.commands(state, evidence, self._presence)]
        change = electorate.next_change()
        if change is not None:
            return [*actions, ChangeMembership(change)]
        return actions + self._resignation(electorate)

    def _resignation(self, electorate: Electorate) -> list[Action]:
        """Hand the office over if this node drains or retires, once it has no more slots to wait for."""
        evidence = electorate.evidence
        record = electorate.state.members.get(evidence.node)
        wanted = record is not None and (record.draining or record.retiring)
        to = electorate.successor() if wanted and not evidence.change_pending else None
        if to is None or evidence.now_ms < self._transfer_ms or evidence.node in electorate.state.table.holders:
            return []
        self._transfer_ms = evidence.now_ms + self._config.transfer_ms
        return [Transfer(to)]
