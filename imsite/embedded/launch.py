"""Become an unprivileged process tied to its parent's life, then turn into PostgreSQL.

Run as a script, `python -I -S launch.py OPTIONS -- PROGRAM ARGUMENTS`, because changing user and capabilities
between fork and exec inside a threaded parent is not safe. Standard library only; imports nothing of the project.

Root gives up everything but, where the account could not otherwise reach the folders it needs (a clone below a
private home), the capability to search and read folders. Elsewhere than on Linux it only changes the user.
"""

import argparse
import ctypes
import os
import signal
import struct
import sys

EXIT_UNREACHABLE = 77
EXIT_NOT_PERMITTED = 78

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAP_SETPCAP = 8
# The narrower first. Containers often lack it but have the wider one.
SEARCH_CAPABILITIES = (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE)


def main(arguments: list[str]) -> int:
    """Prepare this process and replace it by the program; returns only when that is impossible."""
    options = _parse(arguments)
    try:
        if options.uid is not None:
            _change_user(options.uid, options.gid)
    except OSError as error:
        print(f"cannot change to user id {options.uid}: {error.strerror}", file=sys.stderr)
        return EXIT_NOT_PERMITTED
    blocked = _unreachable([options.program[0], *options.needs])
    if blocked and not (options.uid is not None and _keep_search_capability()):
        print(blocked, file=sys.stderr)
        return EXIT_UNREACHABLE
    if not blocked and options.uid is not None:
        _drop_capabilities()
    _tie_to_parent(options.parent)
    return os.execv(options.program[0], options.program)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--parent", type=int, required=True, help="pid whose death ends the program")
    parser.add_argument("--needs", action="append", default=[], help="folder the program must be able to enter")
    parser.add_argument("program", nargs="+")
    return parser.parse_args(arguments)


def _change_user(uid: int, gid: int) -> None:
    if sys.platform == "linux":
        _prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _unreachable(paths: list[str]) -> str:
    """The first path the process cannot enter or execute by its user alone; empty when it can reach all."""
    return next((path for path in paths if not os.access(path, os.X_OK)), "")


def _keep_search_capability() -> bool:
    if sys.platform != "linux":
        return False
    return any(_reduce_capabilities_to(capability) for capability in SEARCH_CAPABILITIES)


def _reduce_capabilities_to(capability: int) -> bool:
    bit = 1 << capability
    if _set_capabilities(bit | 1 << CAP_SETPCAP):
        # Otherwise access(2), by which initdb looks for its sister programs, takes no account of an ordinary user's
        # capabilities (capabilities(7), "Effect of user ID changes on capabilities").
        _prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
    return _set_capabilities(bit) and _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def _drop_capabilities() -> None:
    if sys.platform == "linux":
        _set_capabilities(0)


def _tie_to_parent(parent: int) -> None:
    """PostgreSQL's fast shutdown is SIGINT. After the change of user, which would clear it."""
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:
            sys.exit(0)


def _prctl(option: int, *arguments: int) -> bool:
    padded = [*arguments, 0, 0, 0, 0][:4]
    return bool(ctypes.CDLL(None).prctl(option, *(ctypes.c_ulong(value) for value in padded)) == 0)


def _set_capabilities(bits: int) -> bool:
    """Effective, permitted and inheritable alike; `bits` covers the first 32, which hold both of ours."""
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    sets = struct.pack("=6I", bits, bits, bits, 0, 0, 0)
    return bool(ctypes.CDLL(None).capset(header, sets) == 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
