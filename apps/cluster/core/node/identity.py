"""Who a node is and what it has promised: the two records beside its log that outlive a restart."""

from typing import Annotated

import msgspec
from msgspec import Meta as Limit

from apps.cluster.core.ids import NodeId

VOTERS_MAX = 1_000
"""Most voters a claim may name; one with more is not read. More than five are never needed."""
ClusterId = Annotated[str, Limit(max_length=64)]


class Identity(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A node. `cluster_id` is empty until it belongs to one; `boot` grows by one with every start."""

    node: NodeId
    boot: int
    name: str
    cluster_id: str = ""
    removed: bool = False


class Claim(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The promise to form this cluster with exactly these voters, ascending, and no other; the first asks for it."""

    cluster_id: ClusterId
    voters: Annotated[tuple[Annotated[NodeId, Limit(ge=1)], ...], Limit(min_length=1, max_length=VOTERS_MAX)]

    @property
    def coordinator(self) -> NodeId:
        """The only node that may start this cluster or withdraw the claim."""
        return self.voters[0]
