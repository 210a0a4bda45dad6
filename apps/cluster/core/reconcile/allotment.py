"""Which slots the leader takes and gives now (ADR 8, "Slots and who may serve them").

Every slot moves in two steps: released, then, once its last owner cannot serve it any more, assigned. From a silent
member everything is taken at once; between living ones only so much as may be on its way at the same time, and for mere
balance nothing while anybody who has slots is silent. Not here: how many slots a node should have (the planner).
"""

from dataclasses import dataclass, replace

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.reconcile.config import ReconcileConfig
from apps.cluster.core.reconcile.evidence import Evidence
from apps.cluster.core.reconcile.presence import Presence
from apps.cluster.core.slots import Assignment, Movements, Release, SlotRange, SlotTable, plan
from apps.cluster.core.state import AssignSlots, ClusterState, Command, ReleaseSlots


@dataclass(frozen=True, slots=True)
class Standing:
    """How the members stand with regard to slots; who is in none of these has none and gets none."""

    weights: dict[NodeId, int]
    """Those who may get slots, and with 0 those who give all they have."""
    keeping: list[NodeId]
    """Silent, but not for long: they neither give nor get."""
    lost: list[NodeId]
    """Silent for too long, with slots."""
    emergency: bool = False
    """All who answer are to have no slots. They keep theirs, and serve what is nobody's: better they than nobody. Only
    who goes for good gives to those that do not."""


class Allotment:
    """Decides on slots; remembers since when it has seen each release."""

    def __init__(self, config: ReconcileConfig) -> None:
        self._config = config
        self._released_ms: dict[int, int] = {}

    def commands(self, state: ClusterState, evidence: Evidence, presence: Presence) -> list[Command]:
        """Return what should be released and assigned now."""
        table = state.table
        self._note_releases(table, evidence.now_ms)
        standing = self._standing(state, presence)
        if not any(standing.weights.values()) or self._too_early(state, evidence, presence, standing):
            return []
        movements = plan(table, standing.weights, self._config.move_limit, standing.keeping)
        ready = tuple(self._ready(table, movements, evidence))
        commands: list[Command] = [AssignSlots(ready, table.epoch)] if ready else []
        taken = [Release(node, tuple(part.span for part in table.ranges_of(node))) for node in standing.lost]
        for release in taken + _permitted(movements, standing):
            commands.append(ReleaseSlots(release.spans, release.owner, table.epoch))
        return commands

    def _note_releases(self, table: SlotTable, now_ms: int) -> None:
        epochs = sorted({part.epoch for part in table.ranges_of(NO_NODE)})
        self._released_ms = {epoch: self._released_ms.get(epoch, now_ms) for epoch in epochs}

    def _standing(self, state: ClusterState, presence: Presence) -> Standing:
        standing = Standing({}, [], [])
        newcomers: dict[NodeId, int] = {}
        for node in sorted(state.members):
            record = state.members[node]
            weight = 0 if record.draining or record.retiring else record.weight
            owns = state.table.count_of(node) > 0
            if presence.heard(node):
                (standing.weights if owns or presence.stable(node) else newcomers)[node] = weight
            elif owns and presence.lost(node):
                standing.lost.append(node)
            elif owns:
                standing.keeping.append(node)
        if any(standing.weights.values()) or standing.keeping:
            return standing
        weights = standing.weights | newcomers  # Better served by somebody new than by nobody.
        if any(weights.values()):
            return replace(standing, weights=weights)
        staying = [node for node in weights if not state.members[node].retiring] or list(weights)
        chosen = [node for node in staying if state.table.count_of(node) > 0] or staying
        serving = {node: state.members[node].weight or 1 for node in chosen}
        return replace(standing, weights=dict.fromkeys(weights, 0) | serving, emergency=True)

    def _too_early(self, state: ClusterState, evidence: Evidence, presence: Presence, standing: Standing) -> bool:
        """Whether the very first assignment should wait for those who are about to be heard, or to join those who are
        to have no slots."""
        if state.table.epoch > 0 or evidence.now_ms - evidence.leader_since_ms >= self._config.formation_ms:
            return False
        return standing.emergency or any(
            not presence.heard(node) or node not in state.members for node in evidence.membership.members
        )

    def _ready(self, table: SlotTable, movements: Movements, evidence: Evidence) -> list[Assignment]:
        """Return what can be given away now, of what should be."""
        return [
            Assignment(part.first, part.last, planned.owner)
            for planned in movements.assignments
            for part in table.within(planned.first, planned.last)
            if part.owner == NO_NODE and self._is_free(part, evidence)
        ]

    def _is_free(self, part: SlotRange, evidence: Evidence) -> bool:
        """Whether the last owner cannot serve these slots any more.

        Either it works by a table in which they are not its own, or every lease granted before their release has run
        out: those granted later count only with that table (their fence).
        """
        if part.previous == NO_NODE:
            return True
        contact = evidence.contacts.get(part.previous)
        if contact is not None and (contact.applied >= part.epoch or contact.lease_bound_ms <= evidence.now_ms):
            return True
        return evidence.now_ms - self._released_ms[part.epoch] >= self._config.lease_wait_ms


def _permitted(movements: Movements, standing: Standing) -> list[Release]:
    """Leave out what is for balance alone while somebody who has slots is silent, and in an emergency."""
    unsettled = bool(standing.keeping or standing.lost) or standing.emergency
    return [release for release in movements.releases if not (unsettled and standing.weights[release.owner])]
