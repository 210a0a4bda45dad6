"""A virtual disk: what a node saved, what it only wrote, and what of that is left after a crash."""

import random

import msgspec

from apps.cluster.core.node import Claim, Identity, Persist, SaveIdentity
from apps.cluster.core.raft import Entry, HardState, Snapshot, Stored

EMPTY = HardState(term=0, vote=0, commit=0)  # type: ignore[arg-type]


class Disk:
    """Holds records as bytes would: nothing is shared with the machine that wrote them."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.claim: Claim | None = None
        self.written = False
        self.hard_state = EMPTY
        self.snapshot: Snapshot | None = None
        self.entries: list[Entry] = []
        self.archive: dict[int, Entry] = {}
        """What the log held before it was compacted; for observers, not for the node."""

    def save(self, effect: Persist | SaveIdentity) -> None:
        """Force it to the disk."""
        if isinstance(effect, SaveIdentity):
            self.identity, self.claim = effect.identity, effect.claim
            return
        self.written = True
        if effect.snapshot is not None:
            self._install(effect.snapshot)
        self._append(effect.entries)
        if effect.hard_state is not None:
            self.hard_state = effect.hard_state

    def tear(self, effect: Persist | SaveIdentity, rng: random.Random) -> str:
        """The machine died while it wrote this: nothing, some or all of it is there."""
        fate = rng.randrange(3)
        if fate == 0 or isinstance(effect, SaveIdentity):
            if fate:
                self.save(effect)
            return "saved" if fate and isinstance(effect, SaveIdentity) else "lost"
        if fate == 1:
            self.save(effect)
            return "saved"
        if effect.snapshot is None and effect.entries:
            self.save(beginning(effect, rng.randrange(len(effect.entries))))
        return "torn"

    def recover(self) -> Stored | None:
        """What a start finds."""
        if not self.written:
            return None
        return Stored(hard_state=self.hard_state, snapshot=self.snapshot, entries=tuple(self.entries))

    def at(self, index: int) -> Entry | None:
        """The entry of this index, if it ever was part of the log as it is now."""
        return self.archive.get(index)

    def holds(self, index: int, term: int) -> bool:
        """Whether an entry is here, or is contained in the snapshot."""
        entry = self.at(index)
        if entry is not None:
            return entry.term == term
        return self.snapshot is not None and self.snapshot.index >= index

    def start(self) -> Identity:
        """Count a boot."""
        self.identity = msgspec.structs.replace(self.identity, boot=self.identity.boot + 1)
        return self.identity

    def _install(self, snapshot: Snapshot) -> None:
        """The rule of the real log: what follows a snapshot stays only if the snapshot's own entry is here, too."""
        known = next((entry for entry in self.entries if entry.index == snapshot.index), None)
        continues = known is not None and known.term == snapshot.term
        self.entries = [entry for entry in self.entries if entry.index > snapshot.index] if continues else []
        if not continues:
            self.archive.clear()
        self.snapshot = snapshot

    def _append(self, entries: tuple[Entry, ...]) -> None:
        if entries:
            first = entries[0].index
            for cut in range(first, first + len(self.entries)):
                self.archive.pop(cut, None)
            self.archive.update((entry.index, entry) for entry in entries)
            if self.entries and first > self.entries[-1].index:
                self.entries.extend(entries)
            else:
                self.entries = [entry for entry in self.entries if entry.index < first] + list(entries)


def beginning(effect: Persist, kept: int) -> Persist:
    """The first entries of a write, without its end: a record is whole or not there."""
    return Persist(hard_state=None, snapshot=None, entries=effect.entries[:kept])
