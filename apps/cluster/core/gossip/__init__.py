"""Who is there: SWIM with Lifeguard. Evidence, never a decision."""

from apps.cluster.core.gossip.config import GossipConfig
from apps.cluster.core.gossip.effects import Effects
from apps.cluster.core.gossip.machine import Gossip
from apps.cluster.core.gossip.messages import (
    Ack,
    Alive,
    Dead,
    GossipMessage,
    Left,
    Nack,
    Ping,
    PingRequest,
    Rumours,
    Suspect,
    SyncPush,
    SyncReply,
    SyncRequest,
    Update,
)
from apps.cluster.core.gossip.peers import LIVING, NO_VOTE, Address, Meta, MetaRefused, Peer, Status

__all__ = [
    "LIVING",
    "NO_VOTE",
    "Ack",
    "Address",
    "Alive",
    "Dead",
    "Effects",
    "Gossip",
    "GossipConfig",
    "GossipMessage",
    "Left",
    "Meta",
    "MetaRefused",
    "Nack",
    "Peer",
    "Ping",
    "PingRequest",
    "Rumours",
    "Status",
    "Suspect",
    "SyncPush",
    "SyncReply",
    "SyncRequest",
    "Update",
]
