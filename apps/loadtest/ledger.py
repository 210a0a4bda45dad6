"""What each member of a conversation got, and whether that is what was promised.

Pure. Seqs are consecutive, so how far a member has everything is one number, and what she got up to there one digest
of all message ids in their order: it takes no memory per message. Members who are as far have the same digest, or one
of them got another message, or in another place. `hash` is the digest's function: all processes of one load test run
with the same PYTHONHASHSEED.
"""

from enum import IntEnum
from typing import Final
from uuid import UUID

import msgspec

MAX_ASIDE: Final = 4096
"""Events that wait for earlier ones; beyond, they are dropped and fetched again by sync."""

_MASK: Final = (1 << 64) - 1
"""Hashes may be negative; reports have them without a sign."""


class Taken(IntEnum):
    """What an event was to the view that took it."""

    NEW = 0
    REPEATED = 1
    EARLY = 2


class Room:
    """One conversation in this process: where its log began for this run, and how far it is known to reach."""

    __slots__ = ("acked", "base", "conversation", "head", "text")

    def __init__(self, conversation: UUID) -> None:
        self.conversation = conversation
        self.text = str(conversation)
        self.base = -1
        self.head = -1
        self.acked = 0

    def begin(self, max_seq: int) -> None:
        """Everything up to `max_seq` is from before this run."""
        self.base = self.head = max_seq

    def reach(self, seq: int) -> None:
        """The log is known to reach `seq`."""
        self.head = max(self.head, seq)


class View:
    """One member's copy of a conversation, reduced to how far it goes and its digest."""

    __slots__ = ("aside", "digest", "dirty", "have", "member", "room", "syncing")

    def __init__(self, room: Room, member: int) -> None:
        self.room = room
        self.member = member
        self.have = room.base
        self.digest = 0
        self.aside: dict[int, str] | None = None
        self.dirty = False
        self.syncing = False

    def take(self, seq: int, message_id: str) -> Taken:
        """Take one event; those that waited for it are taken with it."""
        if seq <= self.have:
            return Taken.REPEATED
        self.room.reach(seq)
        if seq > self.have + 1:
            return self._set_aside(seq, message_id)
        self._append(seq, message_id)
        while self.aside:
            following = self.aside.pop(self.have + 1, None)
            if following is None:
                break
            self._append(self.have + 1, following)
        return Taken.NEW

    def _append(self, seq: int, message_id: str) -> None:
        self.have = seq
        self.digest = hash((self.digest, message_id))

    def _set_aside(self, seq: int, message_id: str) -> Taken:
        if self.aside is None:
            self.aside = {}
        if seq in self.aside:
            return Taken.REPEATED
        if len(self.aside) < MAX_ASIDE:
            self.aside[seq] = message_id
        return Taken.EARLY


class RoomReport(msgspec.Struct, frozen=True):
    """What one process knows of one conversation at the end: (have, digest) to the members that are so far."""

    conversation: str
    base: int
    max_seq: int
    acked: int
    unanswered: int
    states: dict[str, int]


class Fault(msgspec.Struct, frozen=True):
    """One broken promise: `code` is `lost`, `doubled`, `differing` or `unsynced`."""

    code: str
    conversation: str
    detail: str


def report_room(room: Room, views: list[View], *, unanswered: int) -> RoomReport:
    """Return what this process's members have of a conversation; `unanswered` messages may be committed or not."""
    states: dict[str, int] = {}
    for view in views:
        state = f"{view.have}:{view.digest & _MASK:016x}"
        states[state] = states.get(state, 0) + 1
    return RoomReport(room.text, room.base, room.head, room.acked, unanswered, states)


def find_faults(reports: list[RoomReport]) -> list[Fault]:
    """Compare what all processes know of each conversation and return every promise that was not kept."""
    by_room: dict[str, list[RoomReport]] = {}
    for report in reports:
        by_room.setdefault(report.conversation, []).append(report)
    return [fault for room in by_room.values() for fault in _faults_of(room)]


def _faults_of(reports: list[RoomReport]) -> list[Fault]:
    room = reports[0].conversation
    base, max_seq = min(report.base for report in reports), max(report.max_seq for report in reports)
    if base < 0:
        return [Fault("unsynced", room, "where its log began is not known")]
    grown, acked = max_seq - base, sum(report.acked for report in reports)
    faults = []
    if grown < acked:
        faults.append(Fault("lost", room, f"{acked} messages acknowledged, the log grew by {grown}"))
    if grown > acked + sum(report.unanswered for report in reports):
        faults.append(Fault("doubled", room, f"{acked} messages acknowledged, the log grew by {grown}"))
    states: dict[str, int] = {}
    for report in reports:
        for state, count in report.states.items():
            states[state] = states.get(state, 0) + count
    behind = sum(count for state, count in states.items() if int(state.partition(":")[0]) < max_seq)
    if behind:
        faults.append(Fault("lost", room, f"{behind} members have not got everything up to seq {max_seq}"))
    if len({state for state in states if int(state.partition(":")[0]) == max_seq}) > 1:
        faults.append(Fault("differing", room, f"members have different messages up to seq {max_seq}"))
    return faults
