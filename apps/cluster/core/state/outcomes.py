"""What became of a command. The codes are stable: callers and operators' scripts know them."""

from dataclasses import dataclass
from enum import StrEnum

from apps.cluster.core.ids import NodeId
from apps.cluster.core.state.leases import Lease


class Code(StrEnum):
    """Why a command had no effect; `DONE` (empty, so false) means that it had."""

    DONE = ""
    DUPLICATE = "duplicate"
    """The same request of this origin, or a later one, was applied before."""
    INVALID = "invalid"
    """Not a command that any program would have made: a broken entry, or values out of bounds."""
    TOO_EARLY = "too_early"
    """The cluster has not yet agreed on the version this command needs."""
    STALE = "stale"
    """What the command was decided on has changed since."""
    UNKNOWN_MEMBER = "unknown_member"
    REMOVED = "removed"
    """This node was removed for good; with a fresh id it may come again."""
    MEMBERS_FULL = "members_full"
    OWNS_SLOTS = "owns_slots"
    """A member is removed only when it has no slots and nobody waits for it to give some up."""
    LAST_MEMBER = "last_member"
    """All others are to go: one has to stay, and there is no way back from going."""
    VERSION_TOO_LOW = "version_too_low"
    """A member's program is too old for the version that is, or would be, agreed on."""
    LEASE_HELD = "lease_held"
    LEASE_LOST = "lease_lost"
    """The lease has run out, was given back, or belongs to somebody else by now."""
    LEASES_FULL = "leases_full"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one request of one node; `result` is the lease a lease command was about."""

    origin: NodeId
    request: int
    index: int
    code: Code
    result: Lease | None = None
