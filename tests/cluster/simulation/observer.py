"""Watches all nodes at once, in true time, and says so when two of them contradict each other."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from apps.cluster.core.ids import NodeId
from apps.cluster.core.node import Persist, View
from apps.cluster.core.raft import Entry, EntryKind, Role
from apps.cluster.core.slots import SlotTable
from apps.cluster.core.state import ClusterState, Envelope
from tests.cluster.simulation.kernel import Violation

if TYPE_CHECKING:
    from tests.cluster.simulation.host import Host
    from tests.cluster.simulation.world import World

QUEUE_MAX = 4_096
"""Entries in a log and proposals waiting; the machine bounds both far below."""


def digest(entry: Entry) -> tuple[int, int]:
    """What has to be the same wherever an entry of this index is committed."""
    return entry.term, zlib.crc32(entry.data, (entry.time_ms << 2 | entry.kind) & 0xFFFFFFFF)


class Observer:
    """Safety, checked at each event that could break it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.committed: dict[int, tuple[int, int]] = {}
        self._leaders: dict[int, NodeId] = {}
        self._entries: dict[tuple[int, int], tuple[int, int]] = {}
        self._states: dict[int, int] = {}
        self._highest: dict[int, int] = {}
        self._applied: dict[tuple[int, int], int] = {}
        self._crcs: dict[int, int] = {}
        self._proposed: dict[tuple[int, int], int] = {}
        self._state: ClusterState | None = None
        self._newest: View | None = None
        self._disjoint: set[tuple[int, int, NodeId, NodeId]] = set()
        self._tables: list[SlotTable] = []

    def persisted(self, host: Host, effect: Persist) -> None:
        """Log matching (Raft §5.3): an index and a term name one entry, and one entry before it."""
        for entry in effect.entries:
            before = host.disk.at(entry.index - 1)
            previous = 0 if before is None else before.term
            key, known = (entry.index, entry.term), (digest(entry)[1], previous)
            other = self._entries.setdefault(key, known)
            self._proposed.setdefault(key, host.wrote_us)
            if other[0] != known[0] or (before is not None and other[1] not in {0, previous}):
                raise Violation(f"log matching: {key} is {other} and {known} at n{host.number}")
        if len(host.disk.entries) > QUEUE_MAX:
            raise Violation(f"the log of n{host.number} has {len(host.disk.entries)} entries")

    def viewed(self, host: Host, view: View) -> None:
        """A node applied more, or changed its role."""
        if view.role is Role.LEADER:
            self._lead(host, view)
        self._apply(host, view)

    def serving_changed(self, host: Host) -> None:
        """At most one node serves a slot, at every instant of true time; a frozen process counts as serving."""
        now_us = self._world.kernel.now_us
        if host.view is None or host.true_us(host.serving_until_ms) <= now_us:
            return
        for other in self._world.hosts:
            if other is host or other.view is None or other.view.table is host.view.table:
                continue
            if other.true_us(other.serving_until_ms) > now_us:
                self._compare(host, host.view, other, other.view)

    def served(self, host: Host) -> int:
        """How many slots this node serves now."""
        if host.view is None or host.clock_ms() >= host.serving_until_ms:
            return 0
        return host.view.table.count_of(host.node)

    def finish(self) -> None:
        """At the end all states are the same to the byte, where they are equally far."""
        by_index: dict[int, bytes] = {}
        for host in self._world.hosts:
            member = None if host.machine is None else host.machine.member
            if member is not None:
                packed = member.replica.state.pack()
                if by_index.setdefault(member.replica.state.index, packed) != packed:
                    raise Violation(f"state of n{host.number} at {member.replica.state.index} differs")

    def _lead(self, host: Host, view: View) -> None:
        """Election safety (§5.2) and leader completeness (§5.4)."""
        known = self._leaders.setdefault(view.term, host.node)
        if known != host.node:
            raise Violation(f"term {view.term} has two leaders: {known} and {host.node} (n{host.number})")
        earlier = [index for term, index in self._highest.items() if term < view.term]
        last = max(earlier, default=0)
        if last and not host.disk.holds(last, self.committed[last][0]):
            raise Violation(f"n{host.number} leads term {view.term} without entry {last} of {self.committed[last]}")

    def _apply(self, host: Host, view: View) -> None:
        """State-machine safety (§5.4.3): an index is one entry and one state, everywhere."""
        for index in range(self._applied.get(host.life_id, 0) + 1, view.index + 1):
            entry = host.disk.at(index)
            if entry is not None and self.committed.setdefault(index, digest(entry)) != digest(entry):
                raise Violation(f"entry {index} of n{host.number} is {digest(entry)}, not {self.committed[index]}")
            if entry is not None:
                # By the term it is decided in, not its own: what a later leader decides of an earlier term's (Figure 8)
                # need not be in the log of whoever wakes up as the leader of a term between them.
                self._highest[view.term] = max(index, self._highest.get(view.term, 0))
                self._replay(view.cluster_id, entry)
        self._applied[host.life_id] = view.index
        members = sorted((node, record.draining, record.weight) for node, record in view.members.items())
        state = zlib.crc32(repr((members, view.leases, view.version)).encode(), self._crc(view.table))
        if self._states.setdefault(view.index, state) != state:
            raise Violation(f"n{host.number} has another state at index {view.index} than somebody before")
        self._advance_fences(view)

    def _replay(self, cluster_id: str, entry: Entry) -> None:
        """Apply each decided entry once more, to a state of the observer's own, in the order of the log."""
        state = self._state = self._state or ClusterState.founded(cluster_id)
        if entry.index != max(state.index, 1) + 1:
            return
        if entry.kind is EntryKind.CHANGE or not entry.data:
            state.pass_by(entry.index, entry.time_ms)
            return
        state.apply(entry.index, entry.time_ms, entry.data)
        proposed_us = self._proposed.get((entry.index, entry.term), 0)
        self._world.slots.decided(Envelope.decode(entry.data).command, state.table, entry.index, proposed_us)

    def _advance_fences(self, view: View) -> None:
        """An assigned slot's epoch only grows with the log."""
        newest, self._newest = self._newest, view
        if newest is None or view.index <= newest.index:
            self._newest = newest or view
            return
        if view.table is newest.table:
            return
        for part in view.table.ranges:
            for slot in (part.first, part.last):
                if part.epoch < newest.table.epoch_of(slot) or part.epoch > view.index:
                    raise Violation(f"epoch of slot {slot} went from {newest.table.epoch_of(slot)} to {part.epoch}")

    def _crc(self, table: SlotTable) -> int:
        known = self._crcs.get(id(table))
        if known is None:
            self._tables.append(table)  # Kept, so that no other table gets its id.
            known = self._crcs[id(table)] = zlib.crc32(table.pack())
        return known

    def _compare(self, host: Host, mine: View, other: Host, theirs: View) -> None:
        pair = (id(mine.table), id(theirs.table), host.node, other.node)
        if pair in self._disjoint:
            return
        self._crc(mine.table), self._crc(theirs.table)
        owned = [part for part in mine.table.ranges if part.owner == host.node]
        for part in theirs.table.ranges:
            if part.owner == other.node and any(p.first <= part.last and part.first <= p.last for p in owned):
                raise Violation(
                    f"n{host.number} (index {mine.index}) and n{other.number} (index {theirs.index}) both serve {part}"
                )
        self._disjoint.add(pair)
