"""Who is a member, by single steps, and what a majority of the voters has reached.

A change takes effect on a member when that member has applied it, as in etcd, not when it is appended. Why it is safe:

1. A leader proposes a change only when it has applied the one before (and, new in office, has committed an entry of its
   own term, which settles whatever change its predecessor left behind: the bug of 2015 in single-server changes).
2. So every log that holds change *k* belongs to somebody who knows that change *k - 1* is decided: the append that
   brought *k* said so, and after a restart the log itself does (`RaftLog` counts every change but the last one as
   decided). Nobody stands for election before it has applied what it knows to be decided.
3. Change *k + 1* is therefore committed by a majority of the members after *k*. Whoever wins an election later has that
   entry, because it asked a majority of the members after *k - 1*, *k* or *k + 1*, and those of two neighbouring steps
   intersect (thesis §4.1); by 2 it applies *k* before. The leader's and any candidate's membership thus are at most one
   step apart, and every majority that elects meets every majority that commits.
"""

from bisect import insort
from collections.abc import Iterable

import msgspec

from apps.cluster.core.ids import NO_NODE
from apps.cluster.core.raft.messages import Change, ChangeKind, Membership


def quorum(members: int) -> int:
    """Return how many of them are a majority."""
    return members // 2 + 1


def reached(values: Iterable[int]) -> int:
    """Return the greatest value that a majority has reached. There is at least one value."""
    ascending = sorted(values)
    return ascending[(len(ascending) - 1) // 2]


def encode_change(change: Change) -> bytes:
    """Return the data of an entry of kind CHANGE."""
    return msgspec.msgpack.encode(change)


def decode_change(data: bytes) -> Change | None:
    """Read it; None for anything else."""
    try:
        return msgspec.msgpack.decode(data, type=Change)
    except msgspec.MsgspecError:
        return None


def fits(membership: Membership, change: Change) -> bool:
    """Whether the step can be made: the last voter stays one."""
    voter, learner = change.node in membership.voters, change.node in membership.learners
    match change.kind:
        case ChangeKind.ADD_LEARNER:
            return change.node != NO_NODE and not voter and not learner
        case ChangeKind.PROMOTE:
            return learner
        case ChangeKind.DEMOTE:
            return voter and len(membership.voters) > 1
        case _:
            return learner or (voter and len(membership.voters) > 1)


def changed(membership: Membership, change: Change) -> Membership:
    """Return the membership after a step; one that does not fit changes nothing, on every member alike."""
    if not fits(membership, change):
        return membership
    voters = [node for node in membership.voters if node != change.node]
    learners = [node for node in membership.learners if node != change.node]
    if change.kind is ChangeKind.PROMOTE:
        insort(voters, change.node)
    elif change.kind is not ChangeKind.REMOVE:
        insort(learners, change.node)
    return Membership(tuple(voters), tuple(learners))
