"""What nodes say to each other over control links (TCP). Who says it is known from the link, never from the message."""

import msgspec

from apps.cluster.core.gossip import Address, GossipMessage
from apps.cluster.core.node.identity import Claim, ClusterId
from apps.cluster.core.raft import RaftMessage


class RaftEnvelope(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="r"):
    """A message of the log of one cluster."""

    cluster_id: ClusterId
    message: RaftMessage


class GossipEnvelope(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="g"):
    """Gossip too large for a datagram; `address` is the sender's own control address, for the answer."""

    address: Address
    message: GossipMessage


class ClaimRequest(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="cq"):
    """The coordinator asks for a promise."""

    claim: Claim


class ClaimReply(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="ca"):
    """Promised, or promised to somebody else."""

    cluster_id: ClusterId
    granted: bool


class ClaimWithdrawn(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="cw"):
    """The coordinator will never start this cluster: whoever promised is free again."""

    cluster_id: ClusterId


class Dismissal(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="d"):
    """The cluster has removed you for good, and you could not hear it from its log."""

    cluster_id: ClusterId


ControlMessage = RaftEnvelope | GossipEnvelope | ClaimRequest | ClaimReply | ClaimWithdrawn | Dismissal
