"""The one clock of leases: monotonic, and where the system has such a clock it goes on while the machine sleeps."""

import sys
import time

if sys.platform == "win32":

    def monotonic_ms() -> int:
        """Return milliseconds since some moment; of use only in this process, and never running backward."""
        return time.monotonic_ns() // 1_000_000

else:
    CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    """Without CLOCK_BOOTTIME (macOS) a machine that slept would think its lease still runs: don't let servers sleep."""

    def monotonic_ms() -> int:
        """Return milliseconds since some moment; of use only in this process, and never running backward."""
        return time.clock_gettime_ns(CLOCK) // 1_000_000
