"""Situations written down by hand: what a leader sees and has decided, without a cluster behind it."""

from collections.abc import Iterable, Mapping

from apps.cluster.core.gossip import Meta, Peer, Status
from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import Contact, Membership
from apps.cluster.core.reconcile import Evidence, ReconcileConfig
from apps.cluster.core.reconcile.presence import Presence
from apps.cluster.core.slots import Assignment
from apps.cluster.core.state import AssignSlots, ClusterState, Command, Envelope, PutMember

A, B, C, D, E, F = (NodeId(number) for number in range(1, 7))
NOW_MS = 1_000_000
LONG_AGO_MS = NOW_MS - 500_000
STRANGER = NodeId(1 << 40)


def peer(
    node: NodeId,
    status: Status = Status.ALIVE,
    since_ms: int = LONG_AGO_MS,
    cluster: str = "c",
    version: int = 1,
    weight: int = 100,
    roles: tuple[str, ...] = (),
) -> Peer:
    meta = Meta(name=f"n{node}", cluster=cluster, version=version, weight=weight, roles=roles)
    return Peer(node, (f"10.0.0.{node}", 8002), 1, status, meta, since_ms)


def contact(
    acked_ms: int | None = NOW_MS, match: int = 1_000, applied: int = 1_000, lease_bound_ms: int = NOW_MS + 500
) -> Contact:
    return Contact(acked_ms, match, applied, lease_bound_ms)


def evidence(
    voters: Iterable[NodeId],
    learners: Iterable[NodeId] = (),
    contacts: Mapping[NodeId, Contact] | None = None,
    peers: Mapping[NodeId, Peer] | None = None,
    now_ms: int = NOW_MS,
    leader_since_ms: int = LONG_AGO_MS,
    change_pending: bool = False,
) -> Evidence:
    """Node A leads. Everybody is well, except where said otherwise."""
    membership = Membership(tuple(sorted(voters)), tuple(sorted(learners)))
    return Evidence(
        node=A,
        now_ms=now_ms,
        leader_since_ms=leader_since_ms,
        peers={node: peer(node) for node in membership.members} | dict(peers or {}),
        contacts={node: contact(now_ms) for node in membership.members} | dict(contacts or {}),
        membership=membership,
        change_pending=change_pending,
    )


def tell(state: ClusterState, *commands: Command) -> ClusterState:
    for command in commands:
        index = state.index + 1
        assert not state.apply(index, state.time_ms + 1, Envelope(1, STRANGER, index, command).encode()).code
    return state


def state_of(*nodes: NodeId, supported: int = 1, version: int = 1) -> ClusterState:
    """A cluster with these members, each taken in after the one before it."""
    puts = [PutMember(node, f"n{node}", f"10.0.0.{node}", 8002, 0, "", 100, version) for node in nodes]
    return tell(ClusterState.founded("c", supported), *puts)


def owning(state: ClusterState, *assignments: tuple[int, int, NodeId]) -> ClusterState:
    parts = tuple(Assignment(first, last, owner) for first, last, owner in assignments)
    return tell(state, AssignSlots(parts, state.index))


def presence_of(state: ClusterState, *seen: Evidence, config: ReconcileConfig | None = None) -> Presence:
    """What a leader remembers after it has looked at all of these, the last one being now."""
    presence = Presence(config or ReconcileConfig())
    for look in seen:
        presence.observe(look, frozenset({*state.members, *look.membership.members}))
    return presence
