"""What the log is made of, what its members say to each other, and what a member wants done.

Everything that goes to disk or over a link is a strict msgspec structure: an array of declared fields, nothing else.
Not here: who sent a message. The link knows that, because it has authenticated the other end.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Annotated

import msgspec

from apps.cluster.core.ids import NodeId

Natural = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
"""An index, a term, a round or a time: from 0 up, within 64 bits."""


class Role(Enum):
    """What a member is at the moment. A learner and a node that is no member are followers."""

    FOLLOWER = "follower"
    PRE_CANDIDATE = "pre-candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"


class EntryKind(IntEnum):
    """Who reads an entry: the state machine, or the log itself. A normal entry without data is a leader's first."""

    NORMAL = 0
    CHANGE = 1


class Entry(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """One place of the log. `time_ms` is cluster time, stamped by the leader; it never runs backward along a log."""

    index: Natural
    term: Natural
    kind: EntryKind
    time_ms: Natural
    data: bytes


class HardState(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a member must not forget (Raft §5.1). The commit index too: whoever starts again applies that far first."""

    term: Natural
    vote: NodeId
    commit: Natural


class Membership(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Who decides and who only follows, both ascending."""

    voters: tuple[NodeId, ...] = ()
    learners: tuple[NodeId, ...] = ()

    @property
    def members(self) -> tuple[NodeId, ...]:
        """Everybody."""
        return self.voters + self.learners


class ChangeKind(IntEnum):
    """The single steps by which a membership changes (Ongaro's thesis §4.1; learners §4.2.1)."""

    ADD_LEARNER = 0
    PROMOTE = 1
    DEMOTE = 2
    REMOVE = 3


class Change(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One step for one node; the data of an entry of kind CHANGE is msgpack of this."""

    kind: ChangeKind
    node: NodeId


class Snapshot(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The state after an index, instead of the log up to it (Raft §7)."""

    index: Natural
    term: Natural
    time_ms: Natural
    membership: Membership
    data: bytes


class Stored(msgspec.Struct, frozen=True):
    """What a member finds on its disk when it starts. A founder finds a snapshot with its fellow voters in it."""

    hard_state: HardState
    snapshot: Snapshot | None
    entries: tuple[Entry, ...]


class VoteRequest(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="v"):
    """May I lead in this term (Raft §5.2)? `pre`: would you vote for me (thesis §9.6)? `force`: the leader sent me."""

    term: Natural
    last_index: Natural
    last_term: Natural
    pre: bool
    force: bool


class VoteReply(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="w"):
    """The answer; a granted pre-vote carries the term that was asked for, everything else the own term.

    `commit` is an entry the voter knows to be decided: a candidate that has it, too, learns that from whoever refuses.
    """

    term: Natural
    granted: bool
    pre: bool
    commit: Natural
    commit_term: Natural


class Append(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="a"):
    """Entries after the place where both logs have to be the same (Raft §5.3), and how far the leader has committed."""

    term: Natural
    prev_index: Natural
    prev_term: Natural
    entries: tuple[Entry, ...]
    commit: Natural


class AppendReply(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="b"):
    """The log is the leader's up to `index`; or `rejected` there, and `hint_*` is the next place worth a try."""

    term: Natural
    index: Natural
    rejected: bool
    hint_index: Natural
    hint_term: Natural


class Heartbeat(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="h"):
    """The leader lives. `granted` is the receiver's answered round its lease runs from, `fence` the index it needs."""

    term: Natural
    round: Natural
    granted: Natural
    fence: Natural
    commit: Natural


class HeartbeatReply(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="i"):
    """So do I; `applied` is the index whose state is in force here."""

    term: Natural
    round: Natural
    applied: Natural


class InstallSnapshot(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="s"):
    """The log you need is gone; this is what it led to. Answered by an `AppendReply`."""

    term: Natural
    snapshot: Snapshot


class TimeoutNow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="t"):
    """Take over, at once (thesis §3.10)."""

    term: Natural


class Forward(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="f"):
    """A follower's proposal, for the leader."""

    term: Natural
    data: bytes


class ReadRequest(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="r"):
    """A follower asks for an index that is safe to read at (thesis §6.4)."""

    term: Natural
    context: Natural


class ReadReply(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="q"):
    """Here it is."""

    term: Natural
    context: Natural
    index: Natural


LeaderMessage = Append | Heartbeat | InstallSnapshot
"""What only the leader of a term says."""

RaftMessage = (
    VoteRequest
    | VoteReply
    | Append
    | AppendReply
    | Heartbeat
    | HeartbeatReply
    | InstallSnapshot
    | TimeoutNow
    | Forward
    | ReadRequest
    | ReadReply
)


@dataclass(frozen=True, slots=True)
class Ready:
    """What a member wants done, in this order: save and force to disk, then send, then install and apply, then answer.

    `entries` replace everything in the stored log from the first one's index on. `reads` are (context, index): once the
    index is applied, the answer to the read of that context may be given.
    """

    hard_state: HardState | None
    snapshot: Snapshot | None
    entries: tuple[Entry, ...]
    messages: tuple[tuple[NodeId, RaftMessage], ...]
    committed: tuple[Entry, ...]
    reads: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """What a leader knows of a member. Times are the leader's clock.

    `acked_ms`: when it last answered in this leadership, None: never yet. `match`: how far its log is the leader's.
    `applied`: which state is in force there. `lease_bound_ms`: no serving lease of it is valid from then on.
    """

    acked_ms: int | None
    match: int
    applied: int
    lease_bound_ms: int


class ProposalRefused(Exception):
    """Not taken, and certainly never decided. The reason is one of the names below."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


NO_LEADER = "no_leader"
"""Nobody is known to lead, or (for a change or transfer) this node does not."""
BUSY = "busy"
"""A bound was reached: too much is undecided. It passes."""
TOO_LARGE = "too_large"
"""One proposal above `max_entry_bytes`."""
TRANSFERRING = "transferring"
"""The leader is about to hand over. It passes."""
CHANGE_PENDING = "change_pending"
"""Another change is not applied yet, or this leader has not committed an entry of its own term."""
LAGGING = "lagging"
"""The learner is too far behind to vote: with its vote the cluster might not commit anything until it catches up."""
IMPOSSIBLE = "impossible"
"""The change or the transfer does not fit the membership: a stranger, or the last voter."""
