"""This machine: what it is, and whether its limits allow the test. Limits that a program may raise itself, it raises.

Not here: the machine of the servers, where that is another one.
"""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import msgspec

SPARE_FILES: Final = 200
"""Files a process has open besides its sessions."""

PACKAGES: Final = ("msgspec", "uvloop", "psutil")


class Advice(msgspec.Struct, frozen=True):
    """A limit that is lower than wanted."""

    limit: str
    found: int
    wanted: int


def raise_file_limit() -> int:
    """Raise the soft limit of open files to the hard one and return it; a large number where there is none."""
    try:
        import resource
    except ImportError:
        return 1 << 20
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = 1 << 20
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return int(hard)


def files_for_sessions() -> int:
    """Return how many sessions one process may have."""
    return max(1, raise_file_limit() - SPARE_FILES)


def advise(*, sessions: int, connect_per_s: float, proc: Path = Path("/proc/sys")) -> list[Advice]:
    """Compare the kernel's limits with what the sessions need; nothing where the kernel does not tell them."""
    backlog = min(4096, int(connect_per_s) or 4096)
    wanted = {
        "fs/file-max": sessions * 2,
        "net/core/somaxconn": backlog,
        "net/ipv4/tcp_max_syn_backlog": backlog,
        "net/netfilter/nf_conntrack_max": sessions * 2,
    }
    return [
        Advice(name.replace("/", "."), found, least)
        for name, least in wanted.items()
        if (found := _number(proc / name)) is not None and found < least
    ]


def describe(*, server: dict[str, str]) -> dict[str, Any]:
    """Return what figures depend on: the machine, the versions, and what is known of the server."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_bytes": _memory_bytes(),
        "python": sys.version.split()[0],
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "server": server,
    }


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii").split()[-1])
    except (OSError, ValueError, IndexError):
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def _memory_bytes() -> int:
    import psutil

    return int(psutil.virtual_memory().total)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
