"""The times and bounds of one member, each with its default, unit and what happens at the bound."""

from dataclasses import dataclass

from apps.cluster.core.ids import NO_NODE, NodeId

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class RaftConfig:
    """Times in milliseconds of a monotonic clock that includes suspension. Raises ValueError where they do not fit."""

    node: NodeId
    heartbeat_ms: int = 100
    """How often a leader speaks: what a node's idle cost and the detection of failures are traded by."""
    election_ms: int = 600
    """6 heartbeats. A random time from here to twice this without a leader starts an election; a voter that heard from
    a leader gives no vote for this long; a leader that has not heard from a majority for this long steps down."""
    lease_ms: int = 500
    """How long a member may serve after the answer its grant is for; `lease_ms * (1 + 2 * drift) <= election_ms`."""
    drift: float = 0.05
    """Greatest difference of clock rates that is tolerated."""
    max_entry_bytes: int = MIB
    """A larger proposal is refused as too large."""
    max_append_bytes: int = MIB // 4
    """Data in one append; at least one entry goes, so a message has at most this or one entry."""
    max_inflight: int = 64
    """Appends to one member that are not answered; then it waits for an answer or a heartbeat's."""
    max_inflight_bytes: int = 4 * MIB
    """The same in bytes."""
    max_uncommitted_bytes: int = 8 * MIB
    """Data a leader holds undecided; above it proposals are refused as busy."""
    max_forwarded: int = 1_024
    """Proposals and reads a follower hands on between two `ready`; above it they are refused as busy."""
    max_reads: int = 4_096
    """Reads a leader has not answered; its own are refused as busy above it, those of others dropped and counted."""
    max_apply: int = 1_024
    """Entries in one `Ready.committed`; more come with the next."""
    max_promote_lag: int = 1_024
    """A learner further behind than this many entries is not made a voter."""
    compact_entries: int = 4_096
    """Entries applied since the last snapshot from which on `wants_compaction` is true."""
    compact_bytes: int = 8 * MIB
    """The same in bytes of data."""
    keep_entries: int = 512
    """Entries kept before a snapshot for members that lag a little; others get the snapshot."""
    snapshot_retry_ms: int = 2_000
    """A snapshot not answered for this long counts as lost and is sent again."""

    def __post_init__(self) -> None:
        if self.node == NO_NODE:
            raise ValueError("a member needs an id other than 0")
        if not 0 < self.heartbeat_ms * 2 <= self.election_ms:
            raise ValueError(f"election_ms ({self.election_ms}) must be at least 2 heartbeats of {self.heartbeat_ms}")
        if not (0 <= self.drift < 1 and 0 < self.lease_wait_ms <= self.election_ms):
            raise ValueError(
                f"lease_ms ({self.lease_ms}) * (1 + 2 * {self.drift}) must be positive and at most {self.election_ms}"
            )

    @property
    def lease_wait_ms(self) -> int:
        """How long to wait so that a lease begun before has run out on every clock: `lease_ms * (1 + 2 * drift)`."""
        return -int(-self.lease_ms * (1 + 2 * self.drift) // 1)
