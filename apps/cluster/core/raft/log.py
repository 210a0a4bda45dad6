"""The log of one member in memory: everything since its last snapshot, and a short tail before it.

Four places, never out of order: `snapshot.index <= applied <= commit <= last_index`; `stable` says what is on the disk.
Reading and appending never copy the log. Bounded by `wants_compaction` of the machine above. Not here: the disk itself.
"""

from collections.abc import Sequence

from apps.cluster.core.raft.messages import Entry, EntryKind, Membership, Snapshot

NOTHING = Snapshot(index=0, term=0, time_ms=0, membership=Membership(), data=b"")
"""What the log of a node that has never heard of its cluster begins with."""


class RaftLog:
    """Entries `first_index` to `last_index`; the place before the first one is known by its term."""

    def __init__(self, snapshot: Snapshot | None, entries: Sequence[Entry], commit: int) -> None:
        """Take what was on the disk. Raises ValueError if that cannot be what was once saved."""
        self.snapshot = snapshot or NOTHING
        self._offset, self._offset_term = self.snapshot.index, self.snapshot.term
        self._entries = [entry for entry in entries if entry.index > self._offset]
        if any(entry.index != place for place, entry in enumerate(self._entries, self._offset + 1)):
            raise ValueError("the stored log has a gap")
        self.stable = self.last_index
        self.applied = self._offset
        self.commit = max(commit, self._offset, self._commit_of_changes())
        if self.commit > self.last_index:
            raise ValueError(f"the stored log ends at {self.last_index}, but {self.commit} entries were committed")
        self.size_bytes = sum(len(entry.data) for entry in self._entries)
        self._installed: Snapshot | None = None

    @property
    def first_index(self) -> int:
        """The first entry that is there, or would be."""
        return self._offset + 1

    @property
    def last_index(self) -> int:
        """The last place of the log."""
        return self._offset + len(self._entries)

    @property
    def last_term(self) -> int:
        """The term of the last place."""
        return self._entries[-1].term if self._entries else self._offset_term

    @property
    def last_time_ms(self) -> int:
        """Cluster time of the last entry, or of the snapshot."""
        return self._entries[-1].time_ms if self._entries else self.snapshot.time_ms

    @property
    def installed(self) -> Snapshot | None:
        """A snapshot of the leader that is not on the disk yet."""
        return self._installed

    @property
    def unstable(self) -> tuple[Entry, ...]:
        """Entries that are not on the disk yet."""
        return tuple(self._entries[self.stable - self._offset :])

    def term_at(self, index: int) -> int | None:
        """Return the term of a place, None where it is not known (any more)."""
        place = index - self._offset
        if place == 0:
            return self._offset_term
        return self._entries[place - 1].term if 0 < place <= len(self._entries) else None

    def is_reached_by(self, last_index: int, last_term: int) -> bool:
        """Whether a log that ends there is at least as far as this one (Raft §5.4.1)."""
        return (last_term, last_index) >= (self.last_term, self.last_index)

    def take(self, first: int, last: int, max_bytes: int) -> tuple[Entry, ...]:
        """Return entries from `first` to `last`, as many as fit into `max_bytes` of data, but one at least."""
        assert self._offset < first <= last <= self.last_index
        start, size_bytes, end = first - self._offset - 1, 0, first - self._offset - 1
        for end in range(start, last - self._offset):
            size_bytes += len(self._entries[end].data)
            if size_bytes > max_bytes:
                return tuple(self._entries[start : max(end, start + 1)])
        return tuple(self._entries[start : end + 1])

    def committed(self, limit: int) -> tuple[Entry, ...]:
        """Return the next entries to apply, at most `limit`."""
        return tuple(self._entries[self.applied - self._offset : min(self.commit, self.applied + limit) - self._offset])

    def between(self, after: int, last: int) -> list[Entry]:
        """Return the entries behind `after` up to `last`; all of them are there."""
        assert self._offset <= after <= last <= self.last_index
        return self._entries[after - self._offset : last - self._offset]

    def has_change(self, first: int, last: int) -> bool:
        """Whether one of these entries changes the membership."""
        return any(entry.kind is EntryKind.CHANGE for entry in self.between(first - 1, last))

    def append(self, entry: Entry) -> None:
        """Add a leader's own entry."""
        assert entry.index == self.last_index + 1
        self._entries.append(entry)
        self.size_bytes += len(entry.data)

    def accept(self, entries: Sequence[Entry]) -> bool:
        """Take a leader's entries; the place before the first one matches. What contradicts them goes (Raft §5.3).

        Returns whether there was something new: entries that came before, in an older message, change nothing.
        """
        for position, entry in enumerate(entries):
            if self.term_at(entry.index) != entry.term:
                self._truncate(entry.index)
                self._entries.extend(entries[position:])
                self.size_bytes += sum(len(new.data) for new in entries[position:])
                return True
        return False

    def last_not_above(self, index: int, term: int) -> tuple[int, int]:
        """Return the last place up to `index` whose term is not above `term`: where two logs may be the same again.

        One round trip per term instead of one per entry (end of Raft §5.3). Places that are gone count as the same.
        """
        index = min(index, self.last_index)
        while index > self._offset and self._entries[index - self._offset - 1].term > term:
            index -= 1
        return index, self.term_at(index) or 0

    def commit_to(self, index: int) -> None:
        """Know that everything up to here is decided."""
        if index > self.commit:
            assert index <= self.last_index, "committed past the end of the log"
            self.commit = index

    def stable_to(self, index: int) -> None:
        """Know that everything up to here is on the disk."""
        assert self.stable <= index <= self.last_index
        self.stable = index

    def apply_to(self, index: int) -> None:
        """Know that everything up to here was applied."""
        assert self.applied <= index <= self.commit
        self.applied = index

    def install(self, snapshot: Snapshot) -> None:
        """Let a leader's snapshot take the place of the whole log. Never backward."""
        assert snapshot.index > self.commit, "a snapshot never takes back what is decided"
        self._entries = []
        self._offset, self._offset_term = snapshot.index, snapshot.term
        self.snapshot = self._installed = snapshot
        self.stable = self.commit = self.applied = snapshot.index
        self.size_bytes = 0

    def install_done(self) -> None:
        """Know that the installed snapshot is on the disk."""
        self._installed = None

    def compact(self, snapshot: Snapshot, keep: int) -> None:
        """Forget what the application has put into a snapshot, but for the last `keep` entries before it."""
        assert self.snapshot.index <= snapshot.index <= self.applied
        assert self.term_at(snapshot.index) == snapshot.term
        self.snapshot = snapshot
        offset = max(self._offset, snapshot.index - keep)
        self._offset_term = self.term_at(offset) or 0
        del self._entries[: offset - self._offset]
        self._offset = offset
        self.size_bytes = sum(len(entry.data) for entry in self._entries[snapshot.index - offset :])

    def _truncate(self, index: int) -> None:
        assert index > self.commit, "what is decided is never taken back"
        self.size_bytes -= sum(len(entry.data) for entry in self._entries[index - self._offset - 1 :])
        del self._entries[index - self._offset - 1 :]
        self.stable = min(self.stable, index - 1)

    def _commit_of_changes(self) -> int:
        """A leader proposes a change only after it has applied the one before: all but the last one are decided.

        So a member whose disk kept an entry, but not how far all was decided, still knows whom to ask for votes.
        """
        changes = [entry.index for entry in self._entries if entry.kind is EntryKind.CHANGE]
        return changes[-2] if len(changes) > 1 else 0
