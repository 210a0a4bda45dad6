"""The server's log file, bounded in size without the server's help.

The server appends to an open file, so an oversized log is copied aside and emptied in place. Lines written between
the copy and the emptying are lost; the server never waits for us.
"""

import shutil
from pathlib import Path

MAX_BYTES = 8 * 1024 * 1024
TAIL_BYTES = 16 * 1024


def bound_log(path: Path, max_bytes: int = MAX_BYTES) -> bool:
    """Move the content to `<name>.1` when larger than `max_bytes`; at most two files ever. Whether it was moved."""
    if not path.exists() or path.stat().st_size <= max_bytes:
        return False
    shutil.copyfile(path, path.with_name(path.name + ".1"))
    with path.open("r+b") as file:
        file.truncate(0)
    return True


def read_from(path: Path, offset: int) -> str:
    """What was appended since `offset`, the last 16 KiB of it."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(min(offset, size), size - TAIL_BYTES))
        return file.read().decode("utf-8", "replace")
