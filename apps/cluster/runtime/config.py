"""What one node of a cluster is told from outside, and what its machines are told by that."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from apps.cluster.core.gossip import NO_VOTE, Address, GossipConfig, Meta
from apps.cluster.core.ids import NodeId
from apps.cluster.core.node import NodeConfig
from apps.cluster.core.raft import RaftConfig
from apps.cluster.core.reconcile import ReconcileConfig
from apps.cluster.runtime.keyring import KeyRing

JOIN_RETRY_MS = 100
"""After what time an address to join is tried again first: a node of the same machine that is being started, too."""


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """One node. The timings default to the table of ADR 8; tests make them shorter."""

    folder: Path
    keys: KeyRing
    name: str
    host: str = "127.0.0.1"
    """Where to listen; `advertise` is what others are told, `host` if empty."""
    port: int = 8002
    """Of the control port, UDP and TCP; 0 takes a free one."""
    advertise: str = ""
    join: tuple[Address, ...] = ()
    expect: int = 1
    """How many nodes form a cluster together; 0: never form one, only join."""
    cluster_id: str = ""
    data_port: int = 0
    public_url: str = ""
    weight: int = 100
    roles: tuple[str, ...] = ()
    """What this process does, for operators to see."""
    votes: bool = True
    """Whether it may be given a vote; not the second and further processes of a machine."""
    confirms: bool = True
    """Whether a data plane in this process confirms views; without one they count as in force at once."""
    heartbeat_ms: int = 100
    election_ms: int = 600
    lease_ms: int = 500
    gossip: GossipConfig = field(default_factory=lambda: GossipConfig(join_retry_ms=JOIN_RETRY_MS))
    reconcile: ReconcileConfig = field(default_factory=ReconcileConfig)

    def node_config(self, node: NodeId, port: int) -> NodeConfig:
        """Return what the node's machine is told, once its id and port are known. Raises ValueError."""
        raft = RaftConfig(
            node=node, heartbeat_ms=self.heartbeat_ms, election_ms=self.election_ms, lease_ms=self.lease_ms
        )
        return NodeConfig(
            raft=raft,
            gossip=self.gossip,
            reconcile=replace(self.reconcile, lease_wait_ms=raft.lease_wait_ms),
            address=(self.advertise or self.host, port),
            meta=Meta(
                name=self.name,
                data_port=self.data_port,
                public_url=self.public_url,
                weight=self.weight,
                expect=self.expect,
                roles=self.roles if self.votes else (*self.roles, NO_VOTE),
            ),
            expect=self.expect,
            cluster_id=self.cluster_id,
            confirms=self.confirms,
        )
