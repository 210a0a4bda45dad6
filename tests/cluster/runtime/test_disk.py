"""The real disk, and what it says when it refuses."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from apps.cluster.runtime import disk as module
from apps.cluster.runtime.disk import Disk, StorageFailed, failing_loudly, force, replace_file


def test_data_is_appended_where_it_is_said(tmp_path: Path) -> None:
    disk, path = Disk(), tmp_path / "f"

    disk.append(path, b"one", at=0)
    disk.append(path, b"two", at=3)
    disk.cut(path, 4)

    assert disk.read(path) == b"onet"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_write_that_was_only_begun_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data[:2])))

    Disk().append(tmp_path / "f", b"abcde", at=0)

    assert (tmp_path / "f").read_bytes() == b"abcde"


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "f"
    (tmp_path / "f.tmp").write_bytes(b"a longer left-over")

    replace_file(Disk(), path, b"old")
    replace_file(Disk(), path, b"new")

    assert Disk().names(tmp_path) == ["f"]
    assert path.read_bytes() == b"new"


def test_folders_are_made_for_this_user_only_and_forced_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk()
    forced: list[Path] = []
    monkeypatch.setattr(disk, "sync_folder", forced.append)

    for _ in range(2):
        disk.make_folder(tmp_path / "a" / "b")

    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert forced == [tmp_path, tmp_path / "a"]


@pytest.mark.parametrize(
    ("number", "advice"), [(errno.ENOSPC, "free some space"), (errno.EDQUOT, "free some space"), (errno.EIO, "stops")]
)
def test_refusals_name_the_file_the_reason_and_the_way_out(tmp_path: Path, number: int, advice: str) -> None:
    with pytest.raises(StorageFailed, match=advice) as failure, failing_loudly(tmp_path):
        raise OSError(number, os.strerror(number))

    assert str(tmp_path) in str(failure.value)
    assert os.strerror(number) in str(failure.value)


def test_an_error_without_a_text_is_still_told(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="odd"), failing_loudly(tmp_path):
        raise OSError("odd")


def test_the_drives_cache_is_emptied_where_the_system_can(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(fcntl, "fcntl", lambda descriptor, command: asked.append((descriptor, command)))
    monkeypatch.setattr(module, "FULL_SYNC", 51)

    force(3)

    assert asked == [(3, 51)]
