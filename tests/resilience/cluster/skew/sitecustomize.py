"""Gives a process a wall clock that a test can set: moved by the seconds in the file of IMSITE_TEST_SKEW."""

import os
import time
from pathlib import Path

_wall = time.time
_path = os.environ.get("IMSITE_TEST_SKEW", "")


def _skew() -> float:
    try:
        return float(Path(_path).read_text(encoding="ascii") or 0)
    except (OSError, ValueError):
        return 0.0


if _path:
    time.time = lambda: _wall() + _skew()
    time.time_ns = lambda: int((_wall() + _skew()) * 1e9)
