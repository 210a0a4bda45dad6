"""How many processes serve best here: as many as there are processors that this program may use, within bounds.

In a container these are as many as it is granted. Asked once, at a start; not here: what the processes do.
"""

import math
import os
import sys
from pathlib import Path
from typing import Final

FEWEST: Final = 2
"""One for pages and one for sessions, so that these do not wait for those."""
MOST: Final = 8
"""More are not started unasked: eight take some 80 of the 100 connections that PostgreSQL grants by default."""
GRANTED: Final = Path("/sys/fs/cgroup/cpu.max")
"""Of a container under Linux: microseconds of processor time per period, or `max`, and the period."""


def processes_here() -> int:
    """Return their number. One where processes are not forked (Windows) or forking them is fragile (macOS)."""
    if sys.platform != "linux":
        return 1
    return min(max(FEWEST, min(len(os.sched_getaffinity(0)), _granted())), MOST)


def _granted() -> int:
    """What the container may use, rounded up; as many as one can think of where there is no such bound."""
    try:
        quota, period = GRANTED.read_text(encoding="ascii").split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):  # no container, `max`, or a system that says it otherwise
        return sys.maxsize
