"""How patient a leader is with its members, each knob with its unit, default, formula and what it is traded against."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReconcileConfig:
    """Times in milliseconds of the leader's monotonic clock. Raises ValueError where they do not fit."""

    slot_grace_ms: int = 700
    """Silence after which a member loses its slots; at least `lease_wait_ms`, else they would wait for its lease."""
    slot_grace_new_ms: int = 300
    """The same for a member that a new leader has not heard at all, from its election on: 3 heartbeats."""
    quiet_ms: int = 300
    """3 heartbeats. A member silent for longer gets no further slots, and nothing is moved for balance meanwhile."""
    lease_wait_ms: int = 550
    """`RaftConfig.lease_wait_ms`: leases granted before an entry have run out this long after it was appended."""
    stable_ms: int = 10_000
    """How long a node must be heard of without a gap before it gets slots (back) or a vote. Longer: fewer movements
    for nodes that come and go, and longer with fewer of them."""
    replace_ms: int = 10_000
    """How long a voter must be down before a stable learner gets its vote. A restart takes less."""
    forget_ms: int = 86_400_000
    """How long a dead member that has no vote is remembered."""
    formation_ms: int = 2_000
    """How long the first assignment of slots waits for those who have not yet been heard."""
    transfer_ms: int = 5_000
    """How often a leader that should not be one tries to hand its office over."""
    max_voters: int = 5
    """Odd. More votes survive more failures, and every decision waits for more disks."""
    move_limit: int = 1_024
    """Slots on their way between living nodes at the same time: what senders may have to hold back."""
    promote_lag: int = 512
    """A learner whose log is further behind than this many entries does not get a vote yet."""

    def __post_init__(self) -> None:
        if self.slot_grace_ms < self.lease_wait_ms:
            raise ValueError(f"slot_grace_ms ({self.slot_grace_ms}) must be at least {self.lease_wait_ms}")
        if self.max_voters < 1 or self.max_voters % 2 == 0:
            raise ValueError(f"max_voters ({self.max_voters}) must be odd")
        if min(self.slot_grace_new_ms, self.quiet_ms, self.stable_ms, self.replace_ms, self.move_limit) < 1:
            raise ValueError("the times and the limit of slots on their way must be at least 1")
