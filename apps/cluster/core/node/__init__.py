"""Control plane of one node: gossip, log, state and reconciler as one machine."""

from apps.cluster.core.node.config import NodeConfig
from apps.cluster.core.node.effects import (
    Completed,
    Effect,
    Failed,
    Persist,
    SaveIdentity,
    Send,
    SendDatagram,
    SendStream,
    Serving,
    Stop,
    ViewChanged,
)
from apps.cluster.core.node.identity import Claim, Identity
from apps.cluster.core.node.machine import NodeMachine
from apps.cluster.core.node.messages import (
    ClaimReply,
    ClaimRequest,
    ClaimWithdrawn,
    ControlMessage,
    Dismissal,
    GossipEnvelope,
    RaftEnvelope,
)
from apps.cluster.core.node.view import View

__all__ = [
    "Claim",
    "ClaimReply",
    "ClaimRequest",
    "ClaimWithdrawn",
    "Completed",
    "ControlMessage",
    "Dismissal",
    "Effect",
    "Failed",
    "GossipEnvelope",
    "Identity",
    "NodeConfig",
    "NodeMachine",
    "Persist",
    "RaftEnvelope",
    "SaveIdentity",
    "Send",
    "SendDatagram",
    "SendStream",
    "Serving",
    "Stop",
    "View",
    "ViewChanged",
]
