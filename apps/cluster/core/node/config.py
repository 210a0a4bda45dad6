"""What one node is told when it is made."""

from dataclasses import dataclass

from apps.cluster.core.gossip import Address, GossipConfig, Meta
from apps.cluster.core.raft import RaftConfig
from apps.cluster.core.reconcile import ReconcileConfig


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """Times in milliseconds. `meta` is what gossip tells of this node; the machine fills in its cluster and version."""

    raft: RaftConfig
    gossip: GossipConfig
    reconcile: ReconcileConfig
    address: Address
    meta: Meta
    expect: int = 1
    """How many nodes form a cluster together; 1 without an address to join: this one, at once."""
    cluster_id: str = ""
    """The only cluster this node may belong to; empty: whichever takes it in."""
    confirms: bool = True
    """Whether a data plane confirms views; without one they count as in force when they are made."""
    proposal_ms: int = 10_000
    """How long an unanswered proposal is kept and tried again; then it fails with `timeout`."""
    proposals_max: int = 4_096
    """Proposals and reads waiting for an answer; one more is refused with `busy`."""
    retry_ms: int = 1_000
    """How long after its last try an unanswered proposal is tried again; a change of leaders tries it at once."""
    reconcile_ms: int = 100
    """How often a leader compares what is with what should be, if nothing changes in between."""
    reconcile_least_ms: int = 20
    """The least time between two such comparisons, however much changes."""
    stop_ms: int = 10_000
    """How long a node that leaves waits until others have its slots and its office."""
