"""The log of one node on its disk: what was saved before a crash is there after it, or the node says that it is not.

A folder of segments; each begins with a record that holds everything, so only the newest counts, and one `save` is one
record, so it is there as a whole or not at all. States are files of their own, written before what names them.
A damaged end of the newest segment is what a crash leaves, and is cut; damage before a whole record is not, and fails.
Not here: what the entries mean.
"""

import re
import struct
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import msgspec

from apps.cluster.core.ids import NO_NODE
from apps.cluster.core.raft import Entry, HardState, Snapshot, Stored
from apps.cluster.runtime.disk import TEMPORARY, Disk, StorageFailed, failing_loudly, replace_file
from apps.cluster.runtime.sealing import UNDECODABLE

SEGMENT_LEAST_BYTES = 16 << 20
"""A segment may grow to this, or to four times what it began with; then the next one begins."""

HEADER = struct.Struct("!4sIQI")
MARK = b"\xa5WAL"
SNAPSHOT_HEADER = struct.Struct("!8sQI")
SNAPSHOT_MARK = b"IMSNAP01"
SEGMENT_ENDING = ".log"
SNAPSHOT_ENDING = ".state"
SEGMENT_NAME = re.compile(r"[0-9a-f]{16}\.log")
ADVICE = "move the node's folder away and start it again: it joins its cluster as a new member"


class Record(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One save. `whole`: forget everything before it. `snapshot` names a state file by index and term."""

    whole: bool
    hard_state: HardState | None
    snapshot: tuple[int, int] | None
    entries: tuple[Entry, ...]


NOTHING = Record(False, None, None, ())
Save = tuple[HardState | None, Snapshot | None, Sequence[Entry]]

RECORD = msgspec.msgpack.Decoder(Record)
SNAPSHOT = msgspec.msgpack.Decoder(Snapshot)


class Image:
    """What the records up to here say."""

    def __init__(self) -> None:
        self.hard_state = HardState(0, NO_NODE, 0)
        self.snapshot: tuple[int, int] | None = None
        self.entries: list[Entry] = []

    def take(self, record: Record) -> None:
        """Take in the next record. Raises ValueError if it cannot follow the ones before it."""
        if record.whole:
            self.__init__()  # type: ignore[misc]
        if record.hard_state is not None:
            self.hard_state = record.hard_state
        if record.snapshot is not None:
            self._begin_from(record.snapshot)
        if record.entries:
            self._append(record.entries)

    def whole(self) -> Record:
        """Return everything as one record."""
        return Record(True, self.hard_state, self.snapshot, tuple(self.entries))

    def _begin_from(self, snapshot: tuple[int, int]) -> None:
        # Entries after a state stay only if they certainly follow it; otherwise they are of another history.
        kept = [entry for entry in self.entries if entry.index >= snapshot[0]]
        if kept and (kept[0].index, kept[0].term) == snapshot:
            self.entries = kept[1:]
        elif snapshot != self.snapshot:
            self.entries = []
        self.snapshot = snapshot

    def _append(self, entries: Sequence[Entry]) -> None:
        base = self.snapshot[0] if self.snapshot is not None else 0
        first = entries[0].index
        if any(entry.index != first + offset for offset, entry in enumerate(entries)):
            raise ValueError(f"entries from {first} on are not in order")
        if not base < first <= base + len(self.entries) + 1:
            raise ValueError(f"entry {first} does not follow entry {base + len(self.entries)}")
        del self.entries[first - base - 1 :]
        self.entries += entries


class WriteAheadLog:
    """Opened once, by one process. After a StorageFailed it does nothing any more."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._folder = folder
        self._disk = disk or Disk()
        self._image = Image()
        self._segment = 0
        self._sequence = 0
        self._size_bytes = 0
        self._roll_bytes = 0
        self._failed: StorageFailed | None = None

    def open(self) -> Stored | None:
        """Return what was saved, None if nothing ever was. Raises StorageFailed."""
        with failing_loudly(self._folder):
            self._disk.make_folder(self._folder)
            names = self._disk.names(self._folder)
            stored = self._recover([int(name[:16], 16) for name in names if SEGMENT_NAME.fullmatch(name)])
            self._clear(names)
        return stored

    def save(self, hard_state: HardState | None, snapshot: Snapshot | None, entries: Sequence[Entry]) -> None:
        """Force one save to the disk. Raises StorageFailed; then nothing can be saved any more."""
        self.save_all([(hard_state, snapshot, entries)])

    def save_all(self, saves: Sequence[Save]) -> None:
        """The same for several saves at the price of one; after a crash the first so many of them are there."""
        if self._failed is not None:
            raise self._failed
        try:
            with failing_loudly(self._folder):
                self._save_all(saves)
        except StorageFailed as error:
            self._failed = error
            raise

    def _save_all(self, saves: Sequence[Save]) -> None:
        records: list[Record] = []
        for hard_state, snapshot, entries in saves:
            mark = (snapshot.index, snapshot.term) if snapshot is not None else None
            record = Record(False, hard_state, mark, tuple(entries))
            if record == NOTHING:
                continue
            try:
                self._image.take(record)
            except ValueError as error:
                raise StorageFailed(self._folder, f"refused to save: {error}") from error
            if snapshot is None:
                records.append(record)
            else:
                # The next segment holds everything, also what only waits to be appended to this one.
                self._write_snapshot(snapshot)
                self._begin_segment()
                records.clear()
        if records and self._size_bytes >= self._roll_bytes:
            self._begin_segment()
        elif records:
            self._append(_as_one(records))

    def _append(self, record: Record) -> None:
        self._sequence += 1
        data = _framed(self._sequence, msgspec.msgpack.encode(record))
        self._disk.append(self._path(self._segment), data, at=self._size_bytes)
        self._size_bytes += len(data)

    def _begin_segment(self) -> None:
        self._segment += 1
        self._size_bytes = 0
        self._append(self._image.whole())
        self._roll_bytes = max(SEGMENT_LEAST_BYTES, 4 * self._size_bytes)
        self._disk.sync_folder(self._folder)
        self._clear(self._disk.names(self._folder))

    def _clear(self, names: Sequence[str]) -> None:
        """Remove what the newest segment does not need. A crash in between leaves something over, for the next time."""
        needed = {self._path(self._segment).name}
        if self._image.snapshot is not None:
            needed.add(self._snapshot_path(*self._image.snapshot).name)
        for name in names:
            if name.endswith((SEGMENT_ENDING, SNAPSHOT_ENDING, TEMPORARY)) and name not in needed:
                self._disk.remove(self._folder / name)

    def _write_snapshot(self, snapshot: Snapshot) -> None:
        body = msgspec.msgpack.encode(snapshot)
        data = SNAPSHOT_HEADER.pack(SNAPSHOT_MARK, len(body), crc32(body)) + body
        replace_file(self._disk, self._snapshot_path(snapshot.index, snapshot.term), data)

    def _read_snapshot(self, index: int, term: int) -> Snapshot:
        path = self._snapshot_path(index, term)
        with failing_loudly(path):
            data = self._disk.read(path)
        body = data[SNAPSHOT_HEADER.size :]
        if data[: SNAPSHOT_HEADER.size] != SNAPSHOT_HEADER.pack(SNAPSHOT_MARK, len(body), crc32(body)):
            raise StorageFailed(path, "is damaged (its checksum does not fit)", ADVICE)
        return SNAPSHOT.decode(body)

    def _recover(self, numbers: Sequence[int]) -> Stored | None:
        for number in reversed(numbers):
            self._segment = number
            if self._replay(self._path(number)):
                image = self._image
                snapshot = self._read_snapshot(*image.snapshot) if image.snapshot is not None else None
                return Stored(image.hard_state, snapshot, tuple(image.entries))
            # A crash came before its first record was whole, so the segment before it still counts.
        return None

    def _replay(self, path: Path) -> bool:
        """Take in a segment. Returns False if it holds nothing."""
        data = self._disk.read(path)
        at = 0
        while (end := _end_of_record(data, at)) is not None:
            self._take(path, data, at, end)
            at = end
        if at < len(data):
            self._cut(path, data, at)
        self._size_bytes = at
        self._roll_bytes = max(SEGMENT_LEAST_BYTES, 4 * at)
        return at > 0

    def _take(self, path: Path, data: bytes, at: int, end: int) -> None:
        _, _, sequence, _ = HEADER.unpack_from(data, at)
        if at and sequence != self._sequence + 1:
            raise StorageFailed(path, f"is damaged at byte {at} (a record is missing before it)", ADVICE)
        self._sequence = sequence
        try:
            record = RECORD.decode(memoryview(data)[at + HEADER.size : end])
            if record.whole != (at == 0):
                raise ValueError("it is in the wrong place")
            self._image.take(record)
        except (*UNDECODABLE, ValueError) as error:
            raise StorageFailed(path, f"holds a record at byte {at} that makes no sense ({error})", ADVICE) from error

    def _cut(self, path: Path, data: bytes, at: int) -> None:
        later = data.find(MARK, at + 1)
        while later >= 0:
            if _end_of_record(data, later) is not None:
                raise StorageFailed(path, f"is damaged at byte {at}, before a whole record at byte {later}", ADVICE)
            later = data.find(MARK, later + 1)
        self._disk.cut(path, at)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:016x}{SEGMENT_ENDING}"

    def _snapshot_path(self, index: int, term: int) -> Path:
        return self._folder / f"{index:016x}-{term:016x}{SNAPSHOT_ENDING}"


def _as_one(records: Sequence[Record]) -> Record:
    """Return saves without a state as one: a crash leaves all of them or none, in whatever order a disk writes.

    With several records in one write the second may get there without the first: damage before a whole record.
    """
    hard_state: HardState | None = None
    entries: list[Entry] = []
    for record in records:
        hard_state = record.hard_state or hard_state
        while entries and record.entries and entries[-1].index >= record.entries[0].index:
            entries.pop()
        entries += record.entries
    return Record(False, hard_state, None, tuple(entries))


def _framed(sequence: int, body: bytes) -> bytes:
    return HEADER.pack(MARK, len(body), sequence, _checksum(len(body), sequence, body)) + body


def _checksum(size: int, sequence: int, body: bytes | memoryview) -> int:
    return crc32(body, crc32(struct.pack("!IQ", size, sequence)))


def _end_of_record(data: bytes, at: int) -> int | None:
    """Return where the record at `at` ends; None if there is no whole, undamaged one."""
    if len(data) - at < HEADER.size:
        return None
    mark, size, sequence, checksum = HEADER.unpack_from(data, at)
    end = at + HEADER.size + size
    if mark != MARK or end > len(data):
        return None
    body = memoryview(data)[at + HEADER.size : end]
    return end if checksum == _checksum(size, sequence, body) else None
