"""Bounds and times of the data plane, and the view it works by."""

from dataclasses import dataclass

from apps.cluster.core.ids import NodeId
from apps.cluster.core.slots import SlotTable


@dataclass(frozen=True, slots=True)
class RoutingConfig:
    """What one router may hold and how long it waits. Whatever is lost at a bound becomes a gap notice."""

    batch_bytes: int = 128 * 1024
    """From here on a batch is closed and the next one begun; one frame may be longer than that."""
    peer_bytes: int = 16 * 1024 * 1024
    """What may wait for one peer. Beyond it messages for that peer are dropped, and at four times as much, which only
    announcements can reach, the link is closed and begun anew."""
    parked_bytes: int = 16 * 1024 * 1024
    """What may wait for slots without a serving owner, and for links. Beyond it messages are dropped."""
    parked_ms: int = 4_000
    """How long a message waits for an owner, over all its hops: longer than a failover."""
    max_hops: int = 3
    """From node to node; a message that still has not found its owner is dropped."""
    announce_groups: int = 1_000
    """Groups in one announcement; more take several."""
    join_wait_ms: int = 2_000
    """A join that was confirmed later than this was not waited for, so it ends with a gap notice."""
    keepalive_ms: int = 1_000
    """How often a node says over an idle link that it is there; with traffic it says so as often."""
    ack_ms: int = 100
    """How soon received batches are acknowledged: what is not acknowledged when a link breaks counts as lost."""
    silent_ms: int = 3_000
    """Silence after which a link is closed: three times `keepalive_ms`."""
    gap_batch_ms: int = 200
    """Gaps are collected so long before somebody is told."""
    gap_groups: int = 1_000
    """More groups than this in one notice become a notice for all."""
    gap_repeat_ms: int = 5_000
    """While a member cannot be reached its messages may be missing here, so the notice is repeated, each time after
    twice as long, up to `gap_repeat_max_ms`."""
    gap_repeat_max_ms: int = 60_000
    gap_margin_ms: int = 8_000
    """A gap is said to begin so much earlier than seems needed: a message is stored before it is sent, and may have
    been parked, and then unacknowledged, before anybody noticed. More than `parked_ms` and `silent_ms` together."""
    unacked_marks: int = 1_000
    """Times remembered for batches without acknowledgement; beyond it a gap begins a little too early."""


@dataclass(frozen=True, slots=True)
class RoutingView:
    """What the log decided: who owns which slot, and who is a member. Nodes that left are none any more."""

    table: SlotTable
    members: tuple[NodeId, ...]
