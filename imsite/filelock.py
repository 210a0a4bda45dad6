"""An exclusive lock on a file, held by the operating system for as long as this process lives.

A crash or `kill -9` releases it, so a stale lock file never blocks a start. The file's text names the holder for
people; it is not what the lock is made of. Local disks only: network file systems may not honour such locks.
"""

import os
import sys
import time
from pathlib import Path

_POLL_S = 0.1
# Windows locks forbid reading what they cover, so the lock is on a byte far behind the text.
_LOCKED_OFFSET = 1 << 30


class FileLock:
    """Take with `acquire`, give back with `release`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, timeout_s: float = 0.0) -> bool:
        """Whether the lock is ours now. Waits at most `timeout_s`; 0 asks once. On success writes our pid into it."""
        deadline = time.monotonic() + timeout_s
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return False
            time.sleep(_POLL_S)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would let two processes lock two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> str:
        """The pid written by the last process that took the lock, for a message; empty when unknown."""
        try:
            return self.path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_OFFSET, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
