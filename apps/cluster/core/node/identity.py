"""Who a node is and what it has promised: the two records beside its log that outlive a restart."""

import msgspec

from apps.cluster.core.ids import NodeId


class Identity(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A node. `cluster_id` is empty until it belongs to one; `boot` grows by one with every start."""

    node: NodeId
    boot: int
    name: str
    cluster_id: str = ""
    removed: bool = False


class Claim(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The promise to form this cluster with exactly these voters, ascending, and no other; the first asks for it."""

    cluster_id: str
    voters: tuple[NodeId, ...]

    @property
    def coordinator(self) -> NodeId:
        """The only node that may start this cluster or withdraw the claim."""
        return self.voters[0]
