"""The log on the disk: what was saved is there after a crash at any point, and damage is never taken for a crash."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import Entry, EntryKind, HardState, Membership, Snapshot, Stored
from apps.cluster.runtime import disk as disk_module
from apps.cluster.runtime import wal
from apps.cluster.runtime.disk import StorageFailed
from apps.cluster.runtime.wal import WriteAheadLog
from tests.cluster.runtime.lossy_disk import LossyDisk, PowerCut

FOLDER = Path("log")
EMPTY = HardState(0, NodeId(0), 0)
Save = tuple[HardState | None, Snapshot | None, tuple[Entry, ...]]


def state(term: int, commit: int = 0) -> HardState:
    return HardState(term, NodeId(7), commit)


def entries(first: int, last: int, term: int) -> tuple[Entry, ...]:
    return tuple(
        Entry(index, term, EntryKind.NORMAL, index * 10, b"entry %d/%d" % (index, term))
        for index in range(first, last + 1)
    )


def snapshot(index: int, term: int) -> Snapshot:
    return Snapshot(index, term, index * 10, Membership((NodeId(7),), ()), b"state %d" % index)


SAVES: list[Save] = [
    (EMPTY, None, ()),
    (state(1), None, entries(1, 3, 1)),
    (state(1, 3), None, ()),
    (None, None, entries(4, 6, 1)),
    (state(2), None, entries(5, 5, 2)),
    (None, snapshot(4, 1), ()),
    (None, None, entries(6, 8, 2)),
    (state(3, 7), None, entries(8, 9, 3)),
    (state(3, 8), snapshot(8, 3), entries(10, 10, 3)),
    (state(5), snapshot(40, 5), ()),
    (None, None, entries(41, 42, 5)),
    (None, snapshot(40, 5), ()),
    (state(6), snapshot(42, 6), entries(43, 43, 6)),
]


def expected(saves: Sequence[Save]) -> Stored | None:
    """What has to be there, told in another way than the log does it."""
    if not saves:
        return None
    hard_state = EMPTY
    base: Snapshot | None = None
    log: dict[int, Entry] = {}
    for new_state, new_base, new_entries in saves:
        hard_state = new_state or hard_state
        if new_base is not None:
            old_base, base = base, new_base
            meets = log.get(base.index)
            follows = (meets is not None and meets.term == base.term) or (
                old_base is not None and (old_base.index, old_base.term) == (base.index, base.term)
            )
            log = {index: entry for index, entry in log.items() if index > base.index and follows}
        for entry in new_entries:
            log = {index: old for index, old in log.items() if index < entry.index} | {entry.index: entry}
    return Stored(hard_state, base, tuple(log.values()))


def written(saves: Sequence[Save], disk: LossyDisk) -> int:
    """Save until the power goes; return how many were acknowledged."""
    log = WriteAheadLog(FOLDER, disk)
    done = 0
    try:
        log.open()
        for hard_state, base, new in saves:
            log.save(hard_state, base, new)
            done += 1
    except PowerCut:
        pass
    return done


def steps_of(saves: Sequence[Save]) -> int:
    disk = LossyDisk()
    written(saves, disk)
    return disk.steps


def on_disk(folder: Path, saves: Sequence[Save]) -> WriteAheadLog:
    log = WriteAheadLog(folder)
    log.open()
    for hard_state, base, new in saves:
        log.save(hard_state, base, new)
    return log


def newest(folder: Path) -> Path:
    return max(folder.glob("*.log"))


@pytest.mark.parametrize("count", range(len(SAVES) + 1))
def test_what_was_saved_is_there(tmp_path: Path, count: int) -> None:
    on_disk(tmp_path, SAVES[:count])

    assert WriteAheadLog(tmp_path).open() == expected(SAVES[:count])


def test_nothing_is_written_for_nothing(tmp_path: Path) -> None:
    log = on_disk(tmp_path, [])

    log.save(None, None, ())

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", range(1, steps_of(SAVES) + 1))
def test_a_power_cut_at_any_step_loses_nothing_that_was_acknowledged(step: int) -> None:
    for seed in range(6):
        disk = LossyDisk()
        disk.fail_at = step
        done = written(SAVES, disk)
        survived = disk.after_power_cut(random.Random(seed))

        stored = WriteAheadLog(FOLDER, survived).open()

        assert stored in (expected(SAVES[:done]), expected(SAVES[: done + 1])), (step, seed)


@pytest.mark.parametrize("step", range(1, 40, 3))
def test_a_log_goes_on_after_power_cuts_also_during_recovery(step: int) -> None:
    for seed in range(6):
        rng = random.Random(seed * 1_000 + step)
        disk = LossyDisk()
        disk.fail_at = step
        done = written(SAVES, disk)
        disk = disk.after_power_cut(rng)
        disk.fail_at = 1
        written([], disk)
        disk = disk.after_power_cut(rng)
        stored = WriteAheadLog(FOLDER, disk).open()
        done += stored != expected(SAVES[:done])

        written(SAVES[done:], disk)

        assert WriteAheadLog(FOLDER, disk.after_power_cut(rng)).open() == expected(SAVES), (step, seed)


def test_a_log_cut_at_any_byte_holds_whole_saves(tmp_path: Path) -> None:
    on_disk(tmp_path, SAVES[:5])
    path = newest(tmp_path)
    data = path.read_bytes()
    seen = []

    for size in range(len(data) + 1):
        path.write_bytes(data[:size])
        stored = WriteAheadLog(tmp_path).open()
        seen.append(next(count for count in range(6) if stored == expected(SAVES[:count])))

    assert seen == sorted(seen)
    assert set(seen) == set(range(6))


def test_a_changed_byte_before_the_last_save_is_told_and_never_cut(tmp_path: Path) -> None:
    on_disk(tmp_path, SAVES[:4])
    path = newest(tmp_path)
    data = path.read_bytes()
    last = data.rindex(wal.MARK)

    for place in range(last):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        with pytest.raises(StorageFailed, match=r"is damaged at byte \d+, before a whole record") as failure:
            WriteAheadLog(tmp_path).open()
        assert failure.value.path == path
        assert "joins its cluster as a new member" in str(failure.value)
    assert path.read_bytes()[:last] != data[:last]


def test_a_changed_byte_in_the_last_save_costs_only_that(tmp_path: Path) -> None:
    on_disk(tmp_path, SAVES[:4])
    path = newest(tmp_path)
    data = path.read_bytes()

    for place in range(data.rindex(wal.MARK), len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])

        assert WriteAheadLog(tmp_path).open() == expected(SAVES[:3])


def test_a_torn_save_that_holds_the_mark_of_records_is_still_cut(tmp_path: Path) -> None:
    new = Entry(4, 1, EntryKind.NORMAL, 0, wal.MARK * 9)
    on_disk(tmp_path, [*SAVES[:3], (None, None, (new,))])
    path = newest(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])

    assert WriteAheadLog(tmp_path).open() == expected(SAVES[:3])


@pytest.mark.parametrize("count", range(1, len(SAVES) + 1))
def test_several_saves_cost_one_and_a_crash_leaves_a_first_part_of_them(count: int) -> None:
    for seed in range(20):
        rng = random.Random(seed)
        disk = LossyDisk()
        disk.fail_at = rng.randint(1, 12)
        log = WriteAheadLog(FOLDER, disk)
        log.open()
        done = 0
        try:
            log.save_all(SAVES[:count])
            done = count
        except PowerCut:
            pass

        stored = WriteAheadLog(FOLDER, disk.after_power_cut(rng)).open()

        assert stored in [expected(SAVES[:kept]) for kept in range(done, count + 1)]


@pytest.mark.parametrize("count", range(2, 6))
def test_several_saves_after_others_leave_all_or_none(count: int) -> None:
    for seed in range(100):
        rng = random.Random(seed)
        disk = LossyDisk()
        log = WriteAheadLog(FOLDER, disk)
        log.open()
        log.save(*SAVES[0])
        disk.fail_at = disk.steps + rng.randint(1, 2)

        with pytest.raises(PowerCut):
            log.save_all(SAVES[1:count])

        stored = WriteAheadLog(FOLDER, disk.after_power_cut(rng)).open()
        assert stored in (expected(SAVES[:1]), expected(SAVES[:count]))


def test_many_saves_are_forced_down_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = on_disk(tmp_path, SAVES[:1])
    forced: list[int] = []
    monkeypatch.setattr(disk_module, "force", forced.append)

    log.save_all([(state(term), None, ()) for term in range(1, 50)])

    assert len(forced) == 1
    assert WriteAheadLog(tmp_path).open() == expected([(state(49), None, ())])


def test_a_missing_record_is_told(tmp_path: Path) -> None:
    on_disk(tmp_path, SAVES[:4])
    path = newest(tmp_path)
    parts = path.read_bytes().split(wal.MARK)
    path.write_bytes(wal.MARK.join([*parts[:2], *parts[3:]]))

    with pytest.raises(StorageFailed, match="a record is missing"):
        WriteAheadLog(tmp_path).open()


@pytest.mark.parametrize("body", [b"\xc1", b"\x94\xc2\xc0\xc0\x90"], ids=["no record", "not a whole one"])
def test_a_record_that_makes_no_sense_is_told(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "0000000000000001.log").write_bytes(wal._framed(1, body))

    with pytest.raises(StorageFailed, match="makes no sense"):
        WriteAheadLog(tmp_path).open()


def test_a_damaged_or_missing_state_is_told(tmp_path: Path) -> None:
    on_disk(tmp_path, SAVES[:6])
    path = next(tmp_path.glob("*.state"))
    data = path.read_bytes()

    for damaged in (data[:-1], data + b"x", data[:9] + b"x" + data[10:], b""):
        path.write_bytes(damaged)
        with pytest.raises(StorageFailed, match="is damaged"):
            WriteAheadLog(tmp_path).open()
    path.unlink()
    with pytest.raises(StorageFailed, match="No such file"):
        WriteAheadLog(tmp_path).open()


def test_only_what_is_needed_stays(tmp_path: Path) -> None:
    on_disk(tmp_path, SAVES)
    (tmp_path / "something.tmp").write_bytes(b"left over")
    (tmp_path / "0000000000000000.log").write_bytes(b"")

    WriteAheadLog(tmp_path).open()

    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".log", ".state"]


def test_a_segment_that_has_grown_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wal, "SEGMENT_LEAST_BYTES", 1_000)
    log = on_disk(tmp_path, SAVES[:2])

    sizes = []
    for term in range(2, 200):
        log.save(state(term), None, ())
        sizes.append(newest(tmp_path).stat().st_size)

    assert max(sizes) < 1_500
    assert int(newest(tmp_path).stem, 16) > 3
    assert WriteAheadLog(tmp_path).open() == expected([*SAVES[:2], (state(199), None, ())])


@pytest.mark.parametrize("new", [entries(5, 5, 1), entries(3, 3, 1) + entries(5, 5, 1)])
def test_entries_that_do_not_follow_are_refused(tmp_path: Path, new: tuple[Entry, ...]) -> None:
    log = on_disk(tmp_path, SAVES[:2])

    with pytest.raises(StorageFailed, match="refused to save"):
        log.save(None, None, new)

    assert WriteAheadLog(tmp_path).open() == expected(SAVES[:2])


@pytest.mark.parametrize(
    ("error", "advice"), [(OSError(28, "No space left on device"), "free some space"), (OSError(5, "EIO"), "stops")]
)
def test_a_refused_write_is_never_tried_again(error: OSError, advice: str) -> None:
    disk = LossyDisk()
    log = WriteAheadLog(FOLDER, disk)
    log.open()
    log.save(*SAVES[0])
    disk.fail_at, disk.error = disk.steps + 2, error

    with pytest.raises(StorageFailed, match=advice):
        log.save(*SAVES[1])
    steps = disk.steps
    with pytest.raises(StorageFailed, match=advice):
        log.save(*SAVES[2])

    assert disk.steps == steps
