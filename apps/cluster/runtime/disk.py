"""What the node's files need of a disk, in one place: written, forced down, renamed, and failures as one error.

A failed write or sync is never tried again: the system may have thrown the data away and still call the next sync a
success. Not here: what the files hold.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = ".tmp"
BINARY: int = getattr(os, "O_BINARY", 0)
"""Of Windows, where bytes would otherwise be taken for lines of text."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class StorageFailed(Exception):
    """The disk refused, or what it holds is not what was written. The node has to stop; the text names the way out."""

    def __init__(self, path: Path, reason: str, advice: str = "") -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}" + (f"; {advice}" if advice else ""))


@contextmanager
def failing_loudly(path: Path) -> Iterator[None]:
    """Turn the system's refusals into StorageFailed."""
    try:
        yield
    except OSError as error:
        advice = "free some space and start the node again" if error.errno in FULL else "the node stops, to be safe"
        raise StorageFailed(path, error.strerror or str(error), advice) from error


if sys.platform == "win32":

    def force(descriptor: int) -> None:
        """Bring what was written to the platter."""
        os.fsync(descriptor)

    def force_folder(folder: Path) -> None:
        """Do nothing: the file system keeps a log of names itself, and folders cannot be opened."""

else:
    import fcntl

    FULL_SYNC: int = getattr(fcntl, "F_FULLFSYNC", 0)
    """Of macOS, where a plain sync leaves the data in the drive."""

    def force(descriptor: int) -> None:
        """Bring what was written to the platter, not only to the drive's cache, as far as the system can."""
        if FULL_SYNC:
            fcntl.fcntl(descriptor, FULL_SYNC)
        else:
            os.fdatasync(descriptor)

    def force_folder(folder: Path) -> None:
        """Bring the names in a folder there."""
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Disk:
    """The real one. Tests put in one that loses what was not forced."""

    def make_folder(self, folder: Path) -> None:
        """Make a folder for this user only, and its parents, so that a power cut does not take them back."""
        if not folder.is_dir():
            self.make_folder(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            self.sync_folder(folder.parent)

    def names(self, folder: Path) -> list[str]:
        """Return the names in a folder, sorted."""
        return sorted(path.name for path in folder.iterdir())

    def read(self, path: Path) -> bytes:
        """Return all of a file."""
        return path.read_bytes()

    def append(self, path: Path, data: bytes, *, at: int) -> None:
        """Write `data` at the end of a file that is `at` bytes long (0: a new one), and force it down."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | BINARY, 0o600)
        try:
            os.lseek(descriptor, at, os.SEEK_SET)
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
            force(descriptor)
        finally:
            os.close(descriptor)

    def cut(self, path: Path, size: int) -> None:
        """Shorten a file, and force that down."""
        descriptor = os.open(path, os.O_WRONLY | BINARY)
        try:
            os.ftruncate(descriptor, size)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Put `source` in the place of `target`, in one step."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        path.unlink(missing_ok=True)

    def sync_folder(self, folder: Path) -> None:
        """Force down which names a folder holds."""
        force_folder(folder)


def replace_file(disk: Disk, path: Path, data: bytes) -> None:
    """Give a file new content so that a crash leaves the old or the new one, and return when the new one stays."""
    temporary = path.with_name(path.name + TEMPORARY)
    disk.remove(temporary)
    disk.append(temporary, data, at=0)
    disk.rename(temporary, path)
    disk.sync_folder(path.parent)
