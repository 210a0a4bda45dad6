"""Ports for the servers that tests start, no two of them alike while a run lasts.

A port that the system or a throw of dice gives out is free when it is asked for and may be another server's by the
time it is bound. Every worker of a run has its own stretch, apart from the ports that the embedded database and
outgoing connections choose from, and hands it out in turn.
"""

import itertools
import os
import random
from typing import Final

from imsite.ports import CHOICE_FIRST, is_port_free
from imsite.supervision.processes import PORT_STEP

FIRST: Final = 10_000
PROCESSES: Final = 5
"""As many as a node may have here: each takes ports of its own, above those of the first."""
SPACING: Final = PROCESSES * PORT_STEP


def stretch(worker: int, workers: int) -> range:
    """The ports that one of `workers` hands out."""
    blocks = (CHOICE_FIRST - FIRST) // SPACING // workers
    first = FIRST + worker * blocks * SPACING
    return range(first, first + blocks * SPACING, SPACING)


def take_port() -> int:
    """A port of 127.0.0.1 that no other test of this run was given, with those of further processes after it."""
    for port in itertools.islice(_turns, len(_own)):
        if all(is_port_free(port + PORT_STEP * place) for place in range(PROCESSES)):
            return port
    raise OSError(f"no free port between {_own.start} and {_own.stop}")


_own = stretch(
    int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")),
    int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")),
)
# Another run on this machine hands out the same ports: it most likely begins elsewhere.
_turns = itertools.cycle(random.sample(list(_own), len(_own)))
