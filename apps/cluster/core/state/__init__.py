"""What the log decides: members, the slot table, job leases."""

from apps.cluster.core.state.commands import (
    VERSION,
    AcquireLease,
    AssignSlots,
    Command,
    CommandUnknown,
    Envelope,
    PutMember,
    RaiseVersion,
    ReleaseLease,
    ReleaseSlots,
    RemoveMember,
    RenewLease,
    Retire,
    SetDraining,
)
from apps.cluster.core.state.image import StateInvalid
from apps.cluster.core.state.leases import LEASES_MAX, Lease
from apps.cluster.core.state.machine import ClusterState
from apps.cluster.core.state.members import MEMBERS_MAX, MemberRecord, Removal
from apps.cluster.core.state.outcomes import Code, Outcome

__all__ = [
    "LEASES_MAX",
    "MEMBERS_MAX",
    "VERSION",
    "AcquireLease",
    "AssignSlots",
    "ClusterState",
    "Code",
    "Command",
    "CommandUnknown",
    "Envelope",
    "Lease",
    "MemberRecord",
    "Outcome",
    "PutMember",
    "RaiseVersion",
    "ReleaseLease",
    "ReleaseSlots",
    "Removal",
    "RemoveMember",
    "RenewLease",
    "Retire",
    "SetDraining",
    "StateInvalid",
]
