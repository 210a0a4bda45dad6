"""What one node knows of its cluster at one moment, for everything outside the control plane. Immutable."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.cluster.core.gossip import Status
from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import Membership, Role
from apps.cluster.core.slots import SlotTable
from apps.cluster.core.state import MemberRecord


@dataclass(frozen=True, slots=True)
class View:
    """Decided facts (`index` says how far the log was applied) beside evidence (`statuses`, `leader`)."""

    node: NodeId
    cluster_id: str
    role: Role
    leader: NodeId
    term: int
    index: int
    version: int
    table: SlotTable
    members: Mapping[NodeId, MemberRecord]
    leases: int
    membership: Membership
    statuses: Mapping[NodeId, Status]
