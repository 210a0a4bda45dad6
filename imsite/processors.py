"""How many processors this program may use: those it is bound to, and of these as many as its container is granted.

Asked once, at a start; not here: what they are used for.
"""

import math
import os
import sys
from pathlib import Path
from typing import Final

GRANTED: Final = Path("/sys/fs/cgroup/cpu.max")
"""Of a container under Linux: microseconds of processor time per period, or `max`, and the period."""


def processors_here() -> int:
    """Return their number, one at least."""
    if sys.platform != "linux":
        return os.cpu_count() or 1
    return max(1, min(len(os.sched_getaffinity(0)), _granted()))


def _granted() -> int:
    """What the container may use, rounded up; as many as one can think of where there is no such bound."""
    try:
        quota, period = GRANTED.read_text(encoding="ascii").split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):  # no container, `max`, or a system that says it otherwise
        return sys.maxsize
