"""What a leader decides on, and what it may decide."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.cluster.core.gossip import Peer
from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import Change, Contact, Membership
from apps.cluster.core.state import Command


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the leader `node` sees at one moment: gossip's peers, itself among them, and the contacts of its log."""

    node: NodeId
    now_ms: int
    leader_since_ms: int
    peers: Mapping[NodeId, Peer]
    contacts: Mapping[NodeId, Contact]
    membership: Membership
    change_pending: bool


@dataclass(frozen=True, slots=True)
class Propose:
    """Write a command into the log."""

    command: Command


@dataclass(frozen=True, slots=True)
class ChangeMembership:
    """Make one step of the log's membership."""

    change: Change


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hand the office over."""

    to: NodeId


Action = Propose | ChangeMembership | Transfer
